"""Passage: a chunk that was retrieved, with its place in its document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .corpora.blocks import Block
from .corpora.chunking import Chunk
from .ranking import Ranking

_LOCATION = ("page", "last_page", "sheet", "slide", "cell")
_PLACE = (*_LOCATION, "anchor")


@dataclass(frozen=True)
class Passage:
    """A chunk that was retrieved.

    Attributes:
        text: The chunk.
        source: The document's name.
        title: The document's title.
        score: Cosine similarity to the question, in [-1, 1].
        headings: The headings above the text, the highest first.
        location: The place in the document, as in "p. 3"; "" where the document has none.
        id: The chunk's id.
        metadata: All that is stored with the chunk: page, sheet, slide, cell, anchor, parent_id, ordinal, start, end.
        kind: "links" for a list of links, else "".
        also: Citations of the other places where the same text stands.
        similar: Citations of passages that say nearly the same and are left out for it.
        url: Opens the file at the passage; "" where there is no such file.
        ranking: The scores that ordered the passage.
    """

    text: str
    source: str
    title: str
    score: float
    headings: tuple[str, ...] = ()
    location: str = ""
    id: str = ""
    metadata: Mapping[str, Any] | None = None
    kind: str = ""
    also: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    url: str = ""
    ranking: Ranking = field(default_factory=Ranking)

    @property
    def citation(self) -> str:
        """The document, the place in it and the heading, as in "guide.pdf p. 3 \u203a Install"."""
        headings = [heading for heading in self.headings if heading not in (self.title, self.source)]
        parts = f"{self.source} {self.location}".rstrip()
        return " \u203a ".join([parts, *headings[-2:]])

    def as_json(self, number: int) -> dict[str, Any]:
        """Return the passage as JSON data.

        Args:
            number: Its number among the passages of the question, from 1.
        """
        data = dict(self.metadata or {})
        known = {name: data[name] for name in (*_PLACE, "parent_id", "ordinal", "start", "end") if name in data}
        found = {"number": number, "score": round(self.score, 6), "citation": self.citation, "headings": self.headings}
        found |= {"also": self.also, "similar": self.similar, "url": self.url}
        passage = asdict(self)
        texts = {name: passage[name] for name in ("id", "source", "title", "text")}
        return {**found, **self.ranking.as_json(), **texts, **known}


def chunk_metadata(chunk: Chunk) -> dict[str, str | int]:
    """Return what is stored with a chunk: flat, and without None, which Chroma refuses."""
    extra: dict[str, str | int] = _place(chunk.first)
    if chunk.first.kind == "links":
        extra["kind"] = "links"
    if chunk.also:
        also = [{"source": place.source, **_place(place.first)} for place in chunk.also]
        extra["also"] = json.dumps(also, ensure_ascii=False)
    return {
        "source": chunk.source,
        "title": chunk.title,
        "headings": json.dumps(chunk.headings, ensure_ascii=False),
        "parent_id": chunk.parent_id,
        "ordinal": chunk.ordinal,
        "start": chunk.start,
        "end": chunk.end,
        **extra,
    }


def _place(block: Block) -> dict[str, str | int]:
    return {name: value for name in _PLACE if (value := getattr(block, name)) is not None}


def stored_passage(key: str, text: str, metadata: Mapping[str, Any], score: float) -> Passage:
    """Return the passage of a chunk as it is stored.

    Args:
        key: The chunk's id.
        text: Its text.
        metadata: As `chunk_metadata` made it.
        score: Its cosine similarity to the question.
    """
    return Passage(
        text=text,
        source=metadata["source"],
        title=metadata["title"],
        score=score,
        headings=tuple(json.loads(metadata.get("headings", "[]"))),
        location=_location(metadata),
        id=key,
        metadata=metadata,
        kind=metadata.get("kind", ""),
        also=tuple(f"{one['source']} {_location(one)}".rstrip() for one in json.loads(metadata.get("also", "[]"))),
    )


def _location(data: Mapping[str, Any]) -> str:
    return Block("", **{name: data[name] for name in _LOCATION if name in data}).location
