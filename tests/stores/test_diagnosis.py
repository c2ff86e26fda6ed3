"""The doctor finds what is wrong with a collection and writes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qdrant_client import models

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.stores import QdrantHandle, add_documents
from qwen3_embed_integrations.stores.diagnosis import diagnose
from qwen3_embed_integrations.stores.handle import StoredRecords

TEXTS = [f"text {i} of many" for i in range(4)]


def outcomes(handle: Any, encoder: Qwen3Encoder | None = None) -> dict[str, tuple[str, str]]:
    return {check.name: (check.outcome, check.found) for check in diagnose(handle, encoder)}


def test_a_right_collection_is_all_well(make_handle: Any, engine: str, encoder: Qwen3Encoder) -> None:
    handle = make_handle(engine)
    add_documents(handle, TEXTS, TEXTS, encoder=encoder)
    if engine == "faiss":
        handle.store.save_local(str(handle.folder))
        handle.set_label(encoder.space.to_dict())
    found = outcomes(handle, encoder)
    assert {outcome for outcome, _ in found.values()} == {"ok"}
    assert found["collection"][1].endswith("4 documents")
    assert found["vector space"][1] == f"{encoder.space.fingerprint}, the model's"
    assert "model Qwen/Qwen3-Embedding-0.6B" in outcomes(handle)["vector space"][1]


def test_another_dimension_model_or_metric_fails_with_what_to_do(qdrant: Any, encoder: Qwen3Encoder) -> None:
    config = models.VectorParams(size=64, distance=models.Distance.EUCLID)
    qdrant.create_collection("docs", vectors_config=config)
    handle = QdrantHandle(qdrant, "docs")
    handle.set_label(encoder.space.to_dict())
    found = outcomes(handle, Qwen3Encoder(backend="fake", model="4B", dimension=32))
    assert [found[name][0] for name in ("metric", "dimension", "vector space")] == ["failure"] * 3
    assert "Give --dimension 64" in found["dimension"][1]
    assert "distance=Distance.COSINE" in found["metric"][1]


def test_one_without_a_label_is_sampled_and_stays_so(make_handle: Any, encoder: Qwen3Encoder) -> None:
    handle = make_handle("milvus")
    assert outcomes(handle)["vector space"][0] == "warning"
    assert outcomes(handle, encoder)["vector space"][1].startswith("no label, and no documents")
    embedded = encoder.encode_document(TEXTS)
    handle.write(StoredRecords(TEXTS, TEXTS, TEXTS, embedded, [{}] * 4))
    assert "3 documents embedded again agree" in outcomes(handle, encoder)["vector space"][1]
    handle.write(StoredRecords(TEXTS, TEXTS, TEXTS, np.roll(embedded, 1, axis=1), [{}] * 4))
    assert outcomes(handle, encoder)["vector space"][0] == "failure"
    assert handle.label() is None


def test_problems_of_the_index_are_warnings(make_handle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qwen3_embed_integrations.stores.qdrant._LOCAL_LIMIT", -1)
    checks = diagnose(make_handle("qdrant"))
    assert "docker run" in next(check.found for check in checks if check.outcome == "warning" and check.name == "index")


def test_one_that_is_not_there_fails(qdrant: Any) -> None:
    assert outcomes(QdrantHandle(qdrant, "none")) == {
        "collection": ("failure", "Qdrant collection 'none' is not there.")
    }
