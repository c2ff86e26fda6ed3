"""Texts of strangers, made fit for a terminal, a log or an error message."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: ESC and CSI begin terminal commands, OSC sets titles and clipboards
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls: they reorder what follows them
    "\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # invisible
    "\u2028\u2029"  # line separators
    "\ud800-\udfff"  # lone surrogates, which no terminal can encode
    "\U000e0000-\U000e007f]"  # tags: an invisible copy of ASCII
)
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def safe_text(text: str, *, keep: str = "") -> str:
    r"""Return `text` with every character that can act on a terminal or hide in a line written as an escape.

    Control characters (ANSI and OSC sequences begin with one), bidirectional and invisible format characters, line
    separators and lone surrogates become `\x1b`, `\u202e` and so on. Letters of every script, combining marks, emoji
    and their joiners stay. The result can be encoded in UTF-8.

    Args:
        text: What a server, a file name or a document says.
        keep: Unsafe characters to leave as they are, as in `keep="\n\t"` for a text of several lines.

    Example:
        >>> print(safe_text("\x1b[2J is a command"))
        \x1b[2J is a command
    """
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def safe_line(text: str, limit: int | None = None) -> str:
    """Return `text` as one safe line: white space runs become one space, the rest is as in `safe_text`.

    Args:
        text: What a server, a file name or a document says. Remove secrets first: a cut may leave half of one.
        limit: Characters of `text` to keep at most, "…" after them; None: all.
    """
    line = " ".join(text.split())
    if limit is not None and len(line) > limit:
        return safe_text(line[:limit]) + "…"
    return safe_text(line)


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:  # noqa: PLR2004 - one byte
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the basic plane
