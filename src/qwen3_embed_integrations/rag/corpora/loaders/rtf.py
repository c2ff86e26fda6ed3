"""Read Rich Text Format (.rtf), version 1.9.1: text, tables as lines, and headings by their outline level."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError

_TOKEN = re.compile(
    rb"\\(?P<word>[a-z]{1,32})(?P<number>-?\d{1,10})?[ ]?|\\'(?P<code>[0-9a-f]{2})|\\(?P<sign>[^a-z])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.IGNORECASE,
)
_DESTINATIONS = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf "
    b"listtable listoverridetable revtbl rsidtbl themedata datastore generator xmlnstbl fldinst annotation".split()
)
_TEXTS = {
    b"tab": "\t", b"line": "\n", b"cell": " | ", b"emdash": "\u2014", b"endash": "\u2013", b"bullet": "\u2022",
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"row": "\n",
}  # fmt: skip
_SIGNS = {b"~": "\u00a0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
_PARAGRAPH_ENDS = frozenset({b"par", b"sect", b"page"})
_CODE_PAGES = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}
_MAX_DEPTH = 1000


@dataclass(frozen=True)
class _Group:
    """What ends with a group: whether its text is shown, and how many characters stand in for a Unicode one."""

    is_shown: bool = True
    n_substitutes: int = 1


@dataclass
class _State:
    code_page: str = "cp1252"
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    pending: bytearray = field(default_factory=bytearray)  # of a code page, in which a character may have two bytes
    text: list[str] = field(default_factory=list)
    to_skip: int = 0
    level: int = 0  # of the paragraph as a heading; 0: none

    def decode_pending(self) -> None:
        if self.pending:
            self.text.append(self.pending.decode(self.code_page, "replace"))
            self.pending.clear()


def read_rtf(path: Path) -> Iterator[Block]:
    """Yield the paragraphs of an RTF file.

    Raises:
        UnreadableFileError: The file is no RTF, or its groups are nested too deep.
    """
    data = path.read_bytes()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableFileError("is no RTF: it does not begin with {\\rtf")
    state = _State()
    for token in _TOKEN.finditer(data):
        if token["word"] in _PARAGRAPH_ENDS and state.groups[-1].is_shown:
            yield from _paragraph(state)
        else:
            _apply(state, token)
    yield from _paragraph(state)


def _paragraph(state: _State) -> Iterator[Block]:
    state.decode_pending()
    text = "".join(state.text).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
    level = state.level
    state.text.clear()
    if text:
        yield Block(text, "heading" if level else "paragraph", level=level)


def _apply(state: _State, token: re.Match[bytes]) -> None:
    if token["brace"] == b"{":
        if len(state.groups) > _MAX_DEPTH:
            raise UnreadableFileError(f"has groups nested deeper than {_MAX_DEPTH}")
        state.groups.append(state.groups[-1])
    elif token["brace"] and len(state.groups) > 1:
        state.decode_pending()
        state.groups.pop()
    elif token["word"]:
        _control(state, token["word"].lower(), token["number"])
    elif token["sign"] == b"*":
        state.groups[-1] = replace(state.groups[-1], is_shown=False)
    elif state.groups[-1].is_shown:
        _text(state, token)


def _text(state: _State, token: re.Match[bytes]) -> None:
    if token["sign"]:
        state.decode_pending()
        state.text.append(_SIGNS.get(token["sign"], ""))
        return
    data = bytes([int(token["code"], 16)]) if token["code"] else token["text"] or b""
    skipped = min(state.to_skip, len(data))
    state.to_skip -= skipped
    state.pending += data[skipped:]


def _control(state: _State, word: bytes, number: bytes | None) -> None:
    group, value = state.groups[-1], int(number or 0)
    if word in _DESTINATIONS:
        state.groups[-1] = replace(group, is_shown=False)
    elif word == b"ansicpg":
        state.code_page = _known_code_page(value)
    elif word in _CODE_PAGES:
        state.code_page = _CODE_PAGES[word]
    elif word == b"uc":
        state.groups[-1] = replace(group, n_substitutes=value)
    elif word == b"pard":
        state.level = 0
    elif word == b"outlinelevel":
        state.level = min(value, 8) + 1
    elif group.is_shown:
        _character(state, word, value)


def _character(state: _State, word: bytes, value: int) -> None:
    if word == b"u":
        state.decode_pending()
        state.text.append(chr(value % 0x10000))
        state.to_skip = state.groups[-1].n_substitutes
    elif word in _TEXTS:
        state.decode_pending()
        state.text.append(_TEXTS[word])


def _known_code_page(number: int) -> str:
    name = {0: "cp1252", 10000: "mac_roman", 65001: "utf-8"}.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
