from dataclasses import replace

from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.chunking import ChunkOptions
from qwen3_embed_integrations.rag.passage import chunk_metadata, stored_passage
from qwen3_embed_integrations.rag.widening import MAX_CHARACTERS, widen
from rag_documents import chunks_of

LONG = " ".join(f"Sentence {n} of the section tells of matter {n * 7}." for n in range(40))
DOCUMENT = ParsedDocument(
    "a.md",
    "A",
    (Block("One", "heading", level=1), Block(LONG), Block("Two", "heading", level=1), Block("The other section.")),
)


def passages(document=DOCUMENT, tokens=100):
    chunks = chunks_of([document], ChunkOptions(tokens=tokens, overlap=20)).values()
    return [stored_passage(chunk.id, chunk.text, chunk_metadata(chunk), 0.5) for chunk in chunks]


def test_a_hit_is_widened_to_its_section_without_repeating_the_overlap():
    chunks = passages()
    assert len(chunks) > 5
    (found,) = widen([chunks[2]], "section", lambda _: chunks)
    assert found.text == LONG
    assert (found.id, found.metadata["start"], found.metadata["end"]) == (chunks[2].id, 5, 5 + len(LONG))


def test_neighbours_are_the_chunk_before_and_the_one_after():
    chunks = passages()
    (found,) = widen([chunks[2]], "neighbours", lambda _: list(reversed(chunks)))
    assert found.text in LONG
    assert found.text.startswith(chunks[1].text[:20])
    assert found.text.endswith(chunks[3].text[-20:])
    (first,) = widen([chunks[0]], "neighbours", lambda _: chunks)
    assert first.text.startswith("Sentence 0")


def test_two_hits_of_one_section_become_one_and_others_stay():
    chunks = passages()
    found = widen([chunks[3], chunks[1], chunks[-1]], "section", lambda _: chunks)
    assert [passage.id for passage in found] == [chunks[3].id, chunks[-1].id]


def test_a_long_section_is_widened_to_the_limit_around_the_hit():
    document = ParsedDocument("a.md", "A", (Block("One", "heading", level=1), Block(f"{LONG} " * 20)))
    chunks = passages(document)
    hit = chunks[len(chunks) // 2]
    (found,) = widen([hit], "section", lambda _: chunks)
    assert hit.text in found.text
    assert MAX_CHARACTERS / 2 < len(found.text) <= MAX_CHARACTERS


def test_the_parts_of_a_table_keep_their_headers():
    lines = "\n".join(["Name | Price", *(f"Part number {n} | {n} euros" for n in range(60))])
    chunks = passages(ParsedDocument("a.csv", "A", (Block(lines, "table"),)))
    (found,) = widen([chunks[1]], "section", lambda _: chunks)
    assert all(f"Part number {n} | {n} euros" in found.text for n in range(60))


def test_passages_stay_as_they_are_unless_asked_and_where_the_index_lost_them():
    chunks = passages()
    assert widen(chunks, "passage", lambda _: []) == chunks
    lost = replace(chunks[0], id="gone")
    assert widen([lost], "section", lambda _: chunks) == [lost]
