"""Cut a text into sentences and lines, in many scripts, so that the parts together are the text again."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "mr mrs ms dr prof st no nr vs etc e.g i.e cf fig eq sec ch pp vol ed al inc ltd co corp bzw usw d.h "
        "z.b u.a s approx dept est jan feb mar apr jun jul aug sep sept oct nov dec",
    )
)
_END = re.compile(
    r"[.!?…؟।]+[\"'\u201d\u2019\u00bb)\]]*\s+"  # the end of a sentence and the white space after it
    r"|[\u3002\uff01\uff1f\uff61]+[\u300d\u300f\u201d\u2019\uff09\u3011]*\s*"  # Chinese, Japanese: no space follows
    r"|\n\s*\n\s*|\n(?=\s*(?:[-*•]|\d{1,3}[.)]|>>>)\s)"  # a paragraph, a list item, a doctest
)
_LAST_WORD = re.compile(r"(\S+)$")


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with the white space after it; joined they are the text.

    Example:
        >>> split_sentences("Dr. Lee came. 我来了。他也来了。")
        ['Dr. Lee came. ', '我来了。', '他也来了。']
    """
    found, start = list[str](), 0
    for end in _END.finditer(text):
        if end[0][0] == "." and _goes_on(text, start, end):
            continue
        found.append(text[start : end.end()])
        start = end.end()
    if start < len(text):
        found.append(text[start:])
    return found


def split_lines(text: str) -> list[str]:
    """Return the lines of a text with their newlines; joined they are the text."""
    return text.splitlines(keepends=True)


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    """Return whether a full stop ends an abbreviation, an initial or a number rather than the sentence."""
    if text[end.end() : end.end() + 1].islower():
        return True
    last = _LAST_WORD.search(text, max(start, end.start() - 20), end.start())
    if last is None:
        return False
    word = last[1].lstrip("([\"'")
    is_item_number = word.isdigit() and not text[start : last.start()].strip()
    return word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper()) or is_item_number
