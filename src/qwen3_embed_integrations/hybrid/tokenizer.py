"""Terms of a text for BM25, in every script and for identifiers; no stop words and no stemming.

Documents and queries are split alike. A change of what this module returns needs a new `TOKENIZER_VERSION`, which
rebuilds the indexes that were written by another one.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

TOKENIZER_VERSION = 2
MAX_TERM_CHARACTERS = 64
"""Longer terms (keys, base64) are cut: 64 characters tell them apart, and the index stays small."""

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a0-\u30ff\u31f0-\u31ff"
_HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
_UNSPACED = ("\u0e00-\u0e7f", "\u0e80-\u0eff", "\u1780-\u17ff", "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f")
"""Scripts without spaces between words beside Chinese and Japanese: Thai, Lao, Khmer, Myanmar."""

_INVISIBLE = re.compile(  # default ignorable characters; U+200B stays, it separates Thai and Khmer words
    "[\u00ad\u034f\u0640\u061c\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_FOLDED_MARKS = re.compile(  # marks that writers leave out: Latin, Greek and Cyrillic accents, Hebrew and Arabic vowels
    "(?<=[A-Za-z\u0370-\u052f])[\u0300-\u036f]+|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]+"
)
_IS_HAN, _IS_HANGUL = re.compile(f"[{_HAN}]"), re.compile(f"[{_HANGUL}]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_FOREIGN_DIGIT = re.compile(r"[^\W0-9]")
_CASE_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_SEPARATORS = re.compile(r"[._\-@]+")
_ABBREVIATION = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")  # single letters with full stops between them


def tokenize(text: str) -> list[str]:
    """Return the terms of `text` in order, repeats included.

    - Compatibility forms are one (NFKC), case is folded, Latin, Greek and Cyrillic accents are dropped; the marks of
      Indic scripts, which are vowels, stay.
    - Identifiers, versions and hyphenated words are kept whole and in parts: `getUserName`, `foo_bar`, `os.path`,
      `utf-8`, `v1.2.3`; `C++` and `C#` keep their signs.
    - Chinese becomes characters and overlapping pairs; Japanese kana, Thai, Lao, Khmer and Myanmar become pairs; a
      Korean word stays whole, and in pairs.
    - Single characters and digits count, but an abbreviation is whole and without its full stops: `i.e.`, `U.S.A.`.
      Punctuation and emoji don't count.

    Example:
        >>> tokenize("Call getUserName in C++")
        ['call', 'getusername', 'get', 'user', 'name', 'in', 'c++']
        >>> tokenize("机器学习")
        ['机', '机器', '器', '器学', '学', '学习', '习']

    Returns:
        Terms of 1 to 64 characters without white space.
    """
    plain = _normalized(text)
    return [term[:MAX_TERM_CHARACTERS] for found in _patterns().word.finditer(plain) for term in _terms(found[0])]


class _Patterns:
    """Regular expressions that need the list of combining marks, for which `re` has no class."""

    def __init__(self) -> None:
        marks, scripts = _combining_marks(), (_HAN, _HIRAGANA, _KATAKANA, _HANGUL, *_UNSPACED)
        letter = rf"[\w{marks}]"
        self.word = re.compile(rf"(?:(?<!\w)[A-Za-z](?:\+\+|\#)(?!\w))|{letter}+(?:[.\-@]+{letter}+)*")
        self.paired = re.compile(f"[{''.join(scripts)}]")
        self.script_run = re.compile("|".join(f"[{script}]+" for script in scripts) + f"|[^{''.join(scripts)}]+")
        self.cluster = re.compile(rf".[{marks}]*", re.DOTALL)


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    return _Patterns()


@lru_cache(maxsize=1)
def _combining_marks() -> str:
    """Return the combining marks of all scripts as ranges for a character class."""
    marks = [code for code in range(0x300, min(sys.maxunicode, 0x1FFFF)) if unicodedata.category(chr(code))[0] == "M"]
    starts = [marks[0], *(after for before, after in pairwise(marks) if after != before + 1)]
    ends = [*(before for before, after in pairwise(marks) if after != before + 1), marks[-1]]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(starts, ends, strict=True))


def _normalized(text: str) -> str:
    """Return `text` in one form of several, case kept, thousands separators dropped."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        text = unicodedata.normalize("NFC", _FOLDED_MARKS.sub("", unicodedata.normalize("NFD", text)))
        text = _FOREIGN_DIGIT.sub(lambda found: _ascii_digit(found[0]), text)
    return _THOUSANDS.sub("", text)


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _folded(text: str) -> str:
    """Return `text` without case; a dotless i is an i."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold().replace("\u0131", "i"))
    return unicodedata.normalize("NFC", _FOLDED_MARKS.sub("", folded))


def _terms(word: str) -> Iterator[str]:
    """Yield the terms of one run of letters, digits and inner `. _ - @`."""
    if word.isascii() and word.isalpha() and (word.islower() or word.istitle()):
        yield word.lower()
    elif word.isascii() or not _patterns().paired.search(word):
        yield from _identifier_terms(word)
    else:
        for part in _SEPARATORS.split(word):
            for run in _patterns().script_run.findall(part):
                yield from _paired_terms(run) if _patterns().paired.match(run) else _identifier_terms(run)


def _identifier_terms(word: str) -> Iterator[str]:
    """Yield the word, then its parts if it has several."""
    whole = word.strip("._-@") or word
    yield _folded(whole)
    if _ABBREVIATION.fullmatch(whole):
        yield _folded(whole.replace(".", ""))
        return
    parts = [part for piece in _SEPARATORS.split(whole) for part in _CASE_BORDER.split(piece) if part]
    if len(parts) > 1:
        yield from (_folded(part) for part in parts)


def _paired_terms(run: str) -> Iterator[str]:
    """Yield the terms of a run of one of the scripts that are cut into overlapping pairs of characters."""
    characters = [_folded(cluster) for cluster in _patterns().cluster.findall(run)]
    pairs = [first + second for first, second in pairwise(characters)]
    if not pairs:
        yield from characters
    elif _IS_HAN.match(run):
        yield characters[0]
        for pair, second in zip(pairs, characters[1:], strict=True):
            yield pair
            yield second
    else:
        if _IS_HANGUL.match(run) and len(pairs) > 1:
            yield "".join(characters)
        yield from pairs
