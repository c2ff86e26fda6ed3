import json

from qwen3_embed_integrations.rag.corpora.blocks import Block, Place
from qwen3_embed_integrations.rag.corpora.chunking import Chunk
from qwen3_embed_integrations.rag.passage import Passage, chunk_metadata, stored_passage


def test_what_is_stored_comes_back():
    chunk = Chunk("Text.", "T > A", "a.xlsx", "T", ("A", "B"), Block("", sheet="S", cell="A1:B2"), "p", 3, 10, 15)
    passage = stored_passage(chunk.id, chunk.text, chunk_metadata(chunk), 0.5)
    assert passage.citation == "a.xlsx sheet S, cells A1:B2 \u203a A \u203a B"
    data = json.loads(json.dumps(passage.as_json(1)))
    assert {**data, "id": ""} == {
        "number": 1,
        "score": 0.5,
        "citation": passage.citation,
        "headings": ["A", "B"],
        "also": [],
        "similar": [],
        "url": "",
        "id": "",
        "source": "a.xlsx",
        "title": "T",
        "text": "Text.",
        "sheet": "S",
        "cell": "A1:B2",
        "parent_id": "p",
        "ordinal": 3,
        "start": 10,
        "end": 15,
    }


def test_a_citation_does_not_say_the_title_again():
    assert Passage("x", "a.md", "Guide", 0.1, ("Guide", "Install")).citation == "a.md \u203a Install"
    assert Passage("x", "a.pdf", "a", 0.1, location="p. 3").citation == "a.pdf p. 3"


def test_other_places_of_the_text_and_lists_of_links_come_back():
    page = Block("", "links", page=3, anchor="top")
    chunk = Chunk(
        "Text.", "", "a.pdf", "A", (), page, "p", 0, 0, 5, (Place("b.html", Block("", page=7)), Place("c.md"))
    )
    metadata = chunk_metadata(chunk)
    assert None not in metadata.values()
    passage = stored_passage(chunk.id, chunk.text, metadata, 0.5)
    assert (passage.kind, passage.location, passage.also) == ("links", "p. 3", ("b.html p. 7", "c.md"))
    assert passage.as_json(1)["anchor"] == "top"
