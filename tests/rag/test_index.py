import chromadb
import numpy as np
import pytest
from chromadb.config import Settings
from filelock import FileLock

from qwen3_embed_integrations import SpaceMismatchError
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.chunking import ChunkOptions
from qwen3_embed_integrations.rag.index import BATCH, COLLECTION, open_index
from qwen3_embed_integrations.rag.passage import chunk_metadata
from rag_documents import chunks_of, document


def indexed(path, embeddings, chunks, **options):
    with open_index(path, embeddings, corpus="notes", **options) as index:
        return index.sync(chunks)


def stored(path):
    """Read the ids and sources from Chroma itself."""
    with chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False)) as client:
        found = client.get_collection(COLLECTION, embedding_function=None).get()
    return {key: data["source"] for key, data in zip(found["ids"], found["metadatas"], strict=True)}


def test_an_index_holds_exactly_the_chunks(tmp_path, embeddings, chunks):
    changes = indexed(tmp_path / "ix", embeddings, chunks)
    assert (changes.added, changes.removed, changes.kept) == (600, 0, 0)
    assert stored(tmp_path / "ix") == {key: chunk.source for key, chunk in chunks.items()}


def test_a_second_run_embeds_only_what_changed_and_removes_what_is_gone(tmp_path, embeddings, chunks):
    indexed(tmp_path / "ix", embeddings, chunks)
    changed = chunks_of(
        [
            *(document(f"note {number}") for number in range(3, 600)),
            document("note 0", "Note 0 says something else now."),
            document("new note"),
        ]
    )
    steps = []
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        changes = index.sync(changed, lambda done, total: steps.append((done, total)))
    assert (changes.added, changes.removed, changes.kept) == (2, 3, 597)
    assert steps == [(0, 2), (2, 2)]
    assert stored(tmp_path / "ix").keys() == changed.keys()


def test_a_chunk_that_moved_within_its_document_gets_its_new_place_without_being_embedded(tmp_path, embeddings):
    long = "One more sentence of this section. " * 15
    first = ParsedDocument("a", "A", (Block(f"Old. {long}", page=1), Block(f"Stays. {long}", page=2)))
    second = ParsedDocument("a", "A", (Block(f"New. {long} {long}", page=1), Block(f"Stays. {long}", page=3)))
    options = ChunkOptions(tokens=300, by="page")
    indexed(tmp_path / "ix", embeddings, chunks_of([first], options))
    changes = indexed(tmp_path / "ix", embeddings, chunks_of([second], options))
    assert changes.kept == 1
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        (stays,) = [p for p in index.search(embeddings.embed_query("x"), top_k=9) if p.text.startswith("Stays")]
    assert (stays.location, stays.metadata["page"]) == ("p. 3", 3)


def test_a_place_that_a_chunk_lost_is_forgotten_and_the_next_run_writes_nothing(tmp_path, embeddings):
    options = ChunkOptions(by="page")
    indexed(tmp_path / "ix", embeddings, chunks_of([ParsedDocument("a", "A", (Block("The text.", page=1),))], options))
    moved = chunks_of([ParsedDocument("a", "A", (Block("The text."),))], options)
    assert indexed(tmp_path / "ix", embeddings, moved).added == 0
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        (passage,) = index.search(embeddings.embed_query("x"), top_k=9)
        assert (passage.location, "page" in passage.metadata) == ("", False)
        assert index._stored() == {key: chunk_metadata(chunk) for key, chunk in moved.items()}


def test_the_stored_embeddings_of_passages_come_in_their_order(tmp_path, embeddings, chunks):
    indexed(tmp_path / "ix", embeddings, chunks)
    query = embeddings.embed_query("note 7")
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        found = index.search(query, top_k=5)[::-1]
        scores = index.embeddings_of(found) @ np.array(query)
        assert index.embeddings_of([]).shape == (0, 0)
    assert scores.tolist() == pytest.approx([passage.score for passage in found], abs=1e-5)


def test_an_error_in_the_middle_keeps_what_is_done_and_the_next_run_goes_on(tmp_path, embeddings, chunks):
    def stop(done, _):
        if done == 2 * BATCH:
            raise KeyboardInterrupt

    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index, pytest.raises(KeyboardInterrupt):
        index.sync(chunks, stop)
    assert len(stored(tmp_path / "ix")) == 2 * BATCH
    changes = indexed(tmp_path / "ix", embeddings, chunks)
    assert (changes.added, changes.kept) == (600 - 2 * BATCH, 2 * BATCH)
    assert stored(tmp_path / "ix").keys() == chunks.keys()


def test_a_passage_scores_its_cosine_similarity(tmp_path, embeddings, chunks):
    embedding = embeddings.embed_query("What does note 7 say?")
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(chunks)
        passages = index.search(embedding, top_k=5)
    assert len(passages) == 5
    assert [passage.score for passage in passages] == sorted((p.score for p in passages), reverse=True)
    vectors = embeddings.embed_documents([chunks[passage.id].embedded for passage in passages])
    for passage, other in zip(passages, vectors, strict=True):
        assert passage.score == pytest.approx(sum(a * b for a, b in zip(embedding, other, strict=True)), abs=1e-5)


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"dimension": 32}, "dimension: stored 64, now 32"),
        ({"pooling": "mean"}, "pooling: stored 'lasttoken', now 'mean'"),
        ({"document_task": "sts"}, "document_prompt"),
    ],
)
def test_an_index_refuses_another_space_and_says_how_to_reindex(tmp_path, embeddings, chunks, options, difference):
    indexed(tmp_path / "ix", embeddings, chunks)
    other = embeddings.replace(**options)
    with pytest.raises(SpaceMismatchError, match=rf"{difference}.*--reindex"):
        indexed(tmp_path / "ix", other, chunks)
    assert indexed(tmp_path / "ix", other, chunks, reindex=True).added == 600
    assert indexed(tmp_path / "ix", other, chunks).kept == 600


def test_an_index_refuses_another_model_of_the_same_shape(tmp_path, embeddings, chunks, make_checkpoint):
    indexed(tmp_path / "ix", embeddings, chunks)
    with pytest.raises(SpaceMismatchError, match=r"weights.*--reindex"):
        indexed(tmp_path / "ix", Qwen3Embeddings(model=str(make_checkpoint(seed=1))), chunks)


def test_options_that_move_no_document_open_the_same_index(tmp_path, embeddings, chunks):
    indexed(tmp_path / "ix", embeddings, chunks)
    assert indexed(tmp_path / "ix", embeddings.replace(task="code", max_batch_tokens=99), chunks).kept == 600


def test_an_index_refuses_other_documents(tmp_path, embeddings, chunks):
    indexed(tmp_path / "ix", embeddings, chunks)
    with (
        pytest.raises(RagError, match=r"holds notes, not letters.*--index"),
        open_index(tmp_path / "ix", embeddings, corpus="letters"),
    ):
        pass
    assert len(stored(tmp_path / "ix")) == 600


def test_an_index_refuses_a_collection_that_another_program_made(tmp_path, embeddings, chunks):
    with chromadb.PersistentClient(tmp_path / "ix", settings=Settings(anonymized_telemetry=False)) as client:
        client.create_collection(COLLECTION, embedding_function=None)
    with pytest.raises(RagError, match="was not made by this program"):
        indexed(tmp_path / "ix", embeddings, chunks)


def test_an_index_in_use_is_refused_not_shared(tmp_path, embeddings, chunks):
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        with FileLock(tmp_path / "ix" / "qwen3-embed.lock"), pytest.raises(RagError, match="in use by another process"):
            index.sync(chunks)
        assert index.sync(chunks).added == 600


def test_a_corrupt_index_is_refused_and_left_as_it_is(tmp_path, embeddings, chunks):
    (tmp_path / "ix").mkdir()
    (tmp_path / "ix" / "chroma.sqlite3").write_bytes(b"no database" * 999)
    with pytest.raises(RagError, match=r"can't be used.*Choose another folder"):
        indexed(tmp_path / "ix", embeddings, chunks)
    assert (tmp_path / "ix" / "chroma.sqlite3").read_bytes() == b"no database" * 999


def test_a_bad_model_leaves_no_index_behind(tmp_path, embeddings, chunks):
    with pytest.raises(ValueError, match="out of range"):
        indexed(tmp_path / "ix", embeddings.replace(dimension=999), chunks)
    assert not (tmp_path / "ix").exists()
