"""Decode the bytes of a text file: byte order mark, UTF-8, UTF-16, else a detected encoding."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator

from qwen3_embed_integrations.core.inputs import encodable

from .blocks import UnreadableFileError

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000  # bytes that the detector reads
_MAX_CONTROL = 0.1  # share of control characters above which a file is binary data
_MANY_NULS, _FEW_NULS = 0.3, 0.02  # of every second byte: UTF-16 of a mostly Latin text
_MIN_CONFIDENCE = 0.05  # chardet 7: random bytes stay below, right answers for a line of text are at 0.1 to 0.5
_FEW_HIGH = 4  # bytes beyond ASCII: fewer are too few to detect the encoding of a text in Latin letters
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_WHOLE_FOR_AN_ODD_ONE = 4  # in other encodings most bytes beyond ASCII are no part of such a sequence
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
_SIGN_IN_WORD = re.compile(
    r"[^\W\d_][\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b4\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7\u2020-\u2022\u2030][^\W\d_]"
    r"|[\u2500-\u259f][^\W\d_]|[^\W\d_][\u2500-\u259f]"
)
_NEWLINES = re.compile(r"\r\n|[\r\x85\u2028\u2029]")


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the text of a file; its only line end is the newline.

    Args:
        data: The whole file.
        declared: Encoding that the file itself names, as an HTML page does; tried after the byte order mark and UTF-8.

    Raises:
        UnreadableFileError: The file is binary, or its encoding can't be told with confidence.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return clean(data.decode(encoding, "replace"))
    text = _escaped(data) or _utf8(data) or _utf16(data)
    if text is None:
        _raise_if_binary(data)
        text = _mostly_utf8(data) or _declared(data, declared) or _detected(data)
    return clean(text)


def clean(text: str) -> str:
    """Return `text` with the newline as its only line end, and U+FFFD for each NUL and lone surrogate."""
    return _NEWLINES.sub("\n", encodable(text)).replace("\0", "\ufffd").removeprefix("\ufeff")


def _escaped(data: bytes) -> str | None:
    """Decode Japanese, Korean and Chinese mail encodings, whose bytes are ASCII between escape sequences."""
    for escape, encoding in ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_2")):
        if escape in data:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def _utf8(data: bytes) -> str | None:
    """Decode UTF-8, also with surrogate pairs (CESU-8) as old databases and Java write it."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return text if len(_CONTROL.findall(data)) <= _MAX_CONTROL * len(data) else None


def _utf16(data: bytes) -> str | None:
    """Decode UTF-16 without a mark, if every second byte is often NUL and the others are not."""
    half = max(len(data) // 2, 1)
    even, odd = data[::2].count(0) / half, data[1::2].count(0) / half
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high >= _MANY_NULS and low <= _FEW_NULS:
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            return text if _is_plausible(text) else None
    return None


def _mostly_utf8(data: bytes) -> str | None:
    """Decode UTF-8 with a few odd bytes: a file that was cut, or a line of another encoding that was pasted in."""
    n_whole = len(_UTF8_SEQUENCE.findall(data))
    text = data.decode("utf-8", "replace")
    n_odd = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    return text if n_whole >= _WHOLE_FOR_AN_ODD_ONE * n_odd else None


def _raise_if_binary(data: bytes) -> None:
    if b"\0" in data or len(_CONTROL.findall(data)) > _MAX_CONTROL * len(data):
        raise UnreadableFileError("is binary data, no text")


def _declared(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        text = data.decode(encoding)
    except (LookupError, ValueError):
        return None
    return text if _is_plausible(text) else None


def _detected(data: bytes) -> str:
    for encoding in _candidates(data):
        try:
            text = data.decode(encoding)
        except (LookupError, ValueError):
            continue
        if _is_plausible(text):
            return text
    raise UnreadableFileError(
        "is text in an encoding that can't be told; save it as UTF-8 (its bytes are neither UTF-8 nor UTF-16)"
    )


def _candidates(data: bytes) -> Iterator[str]:
    """Yield encodings to try, the most probable first."""
    import chardet

    found = chardet.detect(data[:_SAMPLE])
    encoding, confidence = found["encoding"], found["confidence"] or 0.0
    n_high = sum(byte > 0x7F for byte in data[:_SAMPLE])  # noqa: PLR2004 - ASCII ends there
    is_latin = n_high <= sum(byte & 0xDF in range(0x41, 0x5B) for byte in data[:_SAMPLE])
    if is_latin and (n_high < _FEW_HIGH or confidence < _MIN_CONFIDENCE):
        yield "windows-1252"
    if encoding is not None and (confidence >= _MIN_CONFIDENCE or is_latin):
        yield encoding
    if is_latin:
        yield "windows-1252"


def _is_plausible(text: str) -> bool:
    """Return whether `text` has no control or unassigned characters, no word of two scripts or with a sign inside."""
    for character in set(text):
        category = unicodedata.category(character)
        if category in ("Cn", "Co", "Cs") or (category == "Cc" and character not in "\t\n\v\f\r\x1b\b\x85"):
            return False
    if _SIGN_IN_WORD.search(text):
        return False
    return not any(_mixes_scripts(word) for word in _WORD.findall(text) if not word.isascii())


def _mixes_scripts(word: str) -> bool:
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "HEBREW", "ARABIC", "THAI", "BOX"})
