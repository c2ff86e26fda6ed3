"""One vector space: what goes in through one integration comes out through every other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest

from checkpoints import MakeCheckpoint
from corpus import IDS, QUERIES, TEXTS
from exported_models import exported
from one_space_integrations import COLLECTION, INTEGRATIONS, Integration
from qwen3_embed_integrations import Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.chroma import open_collection

CORPUS = [text for text in TEXTS if text]  # LlamaIndex indexes no empty node
CORPUS_IDS = IDS[: len(CORPUS)]
DIMENSION = 48


@pytest.fixture(scope="module")
def options(checkpoint: Path) -> dict[str, Any]:
    return {"model": str(checkpoint), "dimension": DIMENSION, "task": "qa"}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, options: dict[str, Any]) -> dict[str, Path]:
    """One persistent directory for each integration, filled through that integration."""
    folders = {}
    for name, integration in INTEGRATIONS.items():
        folder = tmp_path_factory.mktemp(name)
        open_collection(chromadb.PersistentClient(str(folder)), COLLECTION, **options)
        integration(folder, **options).add(CORPUS, CORPUS_IDS)
        folders[name] = folder
    return folders


@pytest.fixture(params=INTEGRATIONS)
def written(request: pytest.FixtureRequest, indexed: dict[str, Path]) -> Path:
    return indexed[request.param]


def test_every_integration_writes_the_encoders_embeddings(written: Path, options: dict[str, Any]) -> None:
    collection = open_collection(chromadb.PersistentClient(str(written)), COLLECTION, **options)
    found = collection.get(include=["embeddings", "documents"])
    order = [found["ids"].index(one) for one in CORPUS_IDS]
    embeddings = Qwen3Encoder(**options).encode_document(CORPUS)
    np.testing.assert_allclose(np.asarray(found["embeddings"])[order], embeddings, atol=1e-6)
    assert [found["documents"][i] for i in order] == CORPUS


@pytest.mark.parametrize("reader", INTEGRATIONS)
def test_every_integration_ranks_what_every_integration_wrote(
    written: Path, reader: str, options: dict[str, Any]
) -> None:
    integration = INTEGRATIONS[reader](written, **options)
    encoder = Qwen3Encoder(**options)
    documents = encoder.encode_document(CORPUS)
    for query in QUERIES:
        embedding = encoder.encode_query([query])[0]
        np.testing.assert_allclose(integration.embed_query(query), embedding, atol=1e-6)
        ranked = [CORPUS_IDS[i] for i in np.argsort(-(documents @ embedding))]
        assert integration.search(query, len(CORPUS)) == ranked


MISMATCHES = {
    "dimension": ({"dimension": 40}, "dimension: stored 48, now 40"),
    "pooling": ({"pooling": "mean"}, "pooling: stored 'lasttoken', now 'mean'"),
    "document instruction": ({"document_task": "sts"}, "document_prompt: stored ''"),
    "model": ({}, "weights: stored"),
}


@pytest.fixture(scope="module")
def stored(indexed: dict[str, Path]) -> Path:
    return next(iter(indexed.values()))


@pytest.mark.parametrize("name", INTEGRATIONS)
@pytest.mark.parametrize("what", MISMATCHES)
def test_no_integration_opens_another_space(
    name: str, what: str, stored: Path, options: dict[str, Any], make_checkpoint: MakeCheckpoint
) -> None:
    changed, said = MISMATCHES[what]
    other = changed or {"model": str(make_checkpoint(seed=3))}
    integration: Integration = INTEGRATIONS[name](stored, **{**options, **other})
    with pytest.raises(SpaceMismatchError, match=said):
        open_collection(integration.client, COLLECTION, integration.guarded())


@pytest.mark.parametrize("reader", INTEGRATIONS)
def test_an_exported_model_reads_what_torch_wrote(
    reader: str, indexed: dict[str, Path], options: dict[str, Any], tmp_path: Path
) -> None:
    without_torch = {**options, "model": str(exported(options["model"], tmp_path / "exported")), "backend": "onnx"}
    client = chromadb.PersistentClient(str(indexed[reader]))
    open_collection(client, COLLECTION, **without_torch)  # the fingerprint is the same, or it would be refused
    ours, torchs = (INTEGRATIONS[reader](indexed[reader], **given) for given in (without_torch, options))
    for query in QUERIES:
        np.testing.assert_allclose(ours.embed_query(query), torchs.embed_query(query), atol=1e-6)
        assert ours.search(query, 3) == torchs.search(query, 3)
