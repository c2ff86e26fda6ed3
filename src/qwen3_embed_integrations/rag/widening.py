"""Widen the passages found to their section or neighbours, so that an answer has the context around a hit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .options import Context
from .passage import Passage

MAX_CHARACTERS = 8_000
"""Length of a widened passage: about 2,000 tokens."""


def widen(
    passages: Sequence[Passage], context: Context, chunks_of: Callable[[str], Sequence[Passage]]
) -> list[Passage]:
    """Return the passages with the text around each; a passage inside a better one's text is left out.

    Args:
        passages: The passages found, the best first.
        context: "section" for all chunks of the hit's section, "neighbours" for the one before and the one after,
            "passage" for the hit alone.
        chunks_of: Returns all chunks of a document, by its name.
    """
    if context == "passage":
        return list(passages)
    widened, used = list[Passage](), set[str]()
    for passage in passages:
        if passage.id in used:
            continue
        group = _around(passage, chunks_of(passage.source), context)
        used.update(chunk.id for chunk in group)
        widened.append(replace(passage, text=_joined(group), metadata=_metadata(passage, group)))
    return widened


def _around(hit: Passage, chunks: Sequence[Passage], context: Context) -> list[Passage]:
    """Return the hit and the chunks around it in reading order, nearest first until the limit is reached."""
    order = sorted(chunks, key=_ordinal)
    at = next((number for number, chunk in enumerate(order) if chunk.id == hit.id), None)
    if at is None:
        return [hit]
    low = high = at
    length, open_ends = len(hit.text), {-1, 1}
    while open_ends:
        for step in sorted(open_ends):
            number = (low if step < 0 else high) + step
            is_inside = 0 <= number < len(order) and _belongs(order[number], hit, context)
            if not is_inside or length + len(order[number].text) > MAX_CHARACTERS:
                open_ends = open_ends - {step}
                continue
            length += len(order[number].text)
            low, high = min(low, number), max(high, number)
    return order[low : high + 1]


def _belongs(chunk: Passage, hit: Passage, context: Context) -> bool:
    if context == "neighbours":
        return abs(_ordinal(chunk) - _ordinal(hit)) <= 1
    return (chunk.metadata or {}).get("parent_id") == (hit.metadata or {}).get("parent_id")


def _ordinal(chunk: Passage) -> int:
    return int((chunk.metadata or {}).get("ordinal", 0))


def _joined(group: Sequence[Passage]) -> str:
    """Return the chunks' text without what two of them share by overlap."""
    text, end = "", 0
    for chunk in group:
        start, until = _span(chunk)
        is_whole = until - start == len(chunk.text)  # else it repeats the header of a table
        if not text:
            text = chunk.text
        elif is_whole and start <= end:
            text += chunk.text[end - start :]
        else:
            text += ("\n" if start == end + 1 else "\n\n") + chunk.text
        end = until
    return text


def _span(chunk: Passage) -> tuple[int, int]:
    data = chunk.metadata or {}
    return int(data.get("start", 0)), int(data.get("end", 0))


def _metadata(hit: Passage, group: Sequence[Passage]) -> dict[str, object]:
    return {**(hit.metadata or {}), "start": _span(group[0])[0], "end": _span(group[-1])[1]}
