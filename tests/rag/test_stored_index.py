"""An index of an earlier version of the bundled model is made anew where all is derived, refused elsewhere."""

import chromadb
import pytest
from chromadb.config import Settings

from checkpoints import build_checkpoint
from qwen3_embed_integrations import EncoderConfig, SpaceMismatchError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.rag.corpora import stdlib_docs
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.session import run
from qwen3_embed_integrations.rag.stored_index import COLLECTION, drop, is_outdated
from rag_documents import chunks_of, document


def version(folder, seed, name="tiny", **options):
    """Return embeddings of a model of this name whose weights are those of `seed`."""
    return Qwen3Embeddings(model=str(build_checkpoint(folder / str(seed) / name, seed=seed)), **options)


def synced(path, embeddings, **options):
    with open_index(path, embeddings, corpus="notes", **options) as index:
        return index.sync(chunks_of([document(f"note {number}") for number in range(3)]))


def test_embeddings_of_replaced_weights_are_made_anew_and_said_so(tmp_path):
    told = []
    assert synced(tmp_path / "ix", version(tmp_path, 1), on_outdated=lambda: told.append(1)).added == 3
    assert synced(tmp_path / "ix", version(tmp_path, 2), on_outdated=lambda: told.append(2)).added == 3
    assert told == [2]
    assert synced(tmp_path / "ix", version(tmp_path, 2), on_outdated=lambda: told.append(3)).kept == 3
    assert told == [2]


@pytest.mark.parametrize(
    ("other", "consent"),
    [({}, False), ({"name": "mine"}, True), ({"seed": 1, "dimension": 32}, True)],
    ids=["not allowed", "another model", "another dimension of the same weights"],
)
def test_any_other_space_is_refused(tmp_path, other, consent):
    synced(tmp_path / "ix", version(tmp_path, 1))
    with pytest.raises(SpaceMismatchError, match="--reindex"):
        synced(
            tmp_path / "ix",
            version(tmp_path, **{"seed": 2, **other}),
            on_outdated=(lambda: pytest.fail("nothing is outdated")) if consent else None,
        )
    assert synced(tmp_path / "ix", version(tmp_path, 1)).kept == 3


def test_a_folder_without_an_index_is_not_outdated(tmp_path):
    with chromadb.PersistentClient(tmp_path, settings=Settings(anonymized_telemetry=False)) as client:
        space = version(tmp_path, 1).encoder.space
        assert not is_outdated(client, space)
        client.create_collection(COLLECTION, embedding_function=None)
        assert not is_outdated(client, space)
        drop(client)
        drop(client)
        assert client.list_collections() == []


def test_the_demo_answers_over_an_index_of_the_last_version(tmp_path, monkeypatch, capsys):
    documents = [document("csv", "The csv module reads and writes CSV files."), document("smtplib", "Send an email.")]
    monkeypatch.setattr("qwen3_embed_integrations.rag.indexing.stdlib_documents", lambda: documents)
    options = RagOptions(index=tmp_path / "ix", ask=["How do I read a CSV file?"], always_answer=True)
    for seed in (1, 2, 2):
        run(EncoderConfig(model=version(tmp_path, seed).model), options)
    notes = capsys.readouterr().err
    assert notes.count("of an earlier version of the bundled model") == 1
    assert [notes.count(f"(2 {what}") for what in ("embedded", "unchanged")] == [2, 1]
    assert stdlib_docs.stdlib_name() in notes
