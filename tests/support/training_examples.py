"""Training records that a small model can learn: each question's own words are in its answer alone."""

from __future__ import annotations

from typing import Any

THINGS = ["apple", "bread", "candle", "drum", "engine", "flower", "garden", "hammer"]
THINGS += ["island", "jacket", "kettle", "lantern", "mirror", "needle", "ocean", "pencil"]
COLOURS = ["red", "green", "blue", "white"]


def records_of(n: int, **more: Any) -> list[dict[str, Any]]:
    """Gives n records, at most 64 of them different in their query."""
    records = []
    for number in range(n):
        thing, colour = THINGS[number % 16], COLOURS[(number // 16) % 4]
        records.append(
            {"query": f"{thing} {colour}?", "positive": f"The {thing} here is {colour}, shelf {number}.", **more}
        )
    return records
