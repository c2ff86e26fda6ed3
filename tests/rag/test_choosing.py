import pytest

from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.rag.choosing import choose
from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.chunking import ChunkOptions
from qwen3_embed_integrations.rag.index import open_index
from rag_documents import chunks_of

WORDS = [f"Pump {n} was mended in workshop {n * 7} with part {n * 13}." for n in range(60)]
LONG = " ".join(WORDS)


@pytest.fixture
def index(tmp_path, embeddings):
    """An index of one long file and two short ones; `docs/b.txt` is a file."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "b.txt").write_text("x")
    documents = [ParsedDocument(name, name, (Block(text),)) for name, text in (("a.txt", LONG), ("b.txt", WORDS[3]))]
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(chunks_of(documents, ChunkOptions(tokens=60, overlap=0)))
        yield index


@pytest.mark.parametrize("mmr", [1.0, 0.3])
def test_passages_are_spread_and_linked_to_files_that_exist(index, embeddings, tmp_path, mmr):
    found = index.search(embeddings.embed_query("pump 3"), top_k=50)
    options = RagOptions(docs=tmp_path / "docs", top_k=3, per_file=2, mmr=mmr)
    chosen = choose(index, found, options)
    assert sorted(passage.source for passage in chosen) == ["a.txt", "a.txt", "b.txt"]
    urls = {passage.source: passage.url for passage in chosen}
    assert urls == {"a.txt": "", "b.txt": (tmp_path / "docs" / "b.txt").as_uri()}


def test_a_hit_is_widened_to_its_section_from_the_index(index, embeddings):
    found = index.search(embeddings.embed_query("pump 3"), top_k=50)
    chosen = choose(index, found, RagOptions(top_k=3, context="section"))
    assert {passage.source: passage.text for passage in chosen} == {"a.txt": LONG, "b.txt": WORDS[3]}


def test_nothing_found_is_nothing_chosen(index):
    assert choose(index, [], RagOptions(mmr=0.5)) == []
