"""The guard is one for all engines: what opens, what is refused, and what is labelled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, Quantizer, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.stores import (
    MilvusHandle,
    PgvectorHandle,
    QdrantHandle,
    add_documents,
    guarded,
    store_quantizer,
    stored_quantizer,
)
from qwen3_embed_integrations.stores.handle import StoredRecords
from qwen3_embed_integrations.stores.opening import check_label, encoder_of

TEXTS = [f"text {i} of many" for i in range(8)]
IDS = [f"doc#{i}" for i in range(8)]

OTHERS = {
    "dimension": ({"dimension": 32}, "dimension: stored 64, now 32"),
    "model": ({"model": "4B"}, "weights: stored"),
    "pooling": ({"pooling": "mean"}, "pooling: stored 'lasttoken', now 'mean'"),
    "document instruction": ({"document_task": "sts"}, "document_prompt: stored ''"),
}


def fake(**options: Any) -> Qwen3Encoder:
    return Qwen3Encoder(**{"backend": "fake", "dimension": 64, **options})


def filled(make_handle: Any, engine: str, encoder: Qwen3Encoder) -> Any:
    """A collection with documents and, in FAISS saved again, its label."""
    handle = make_handle(engine)
    add_documents(handle, TEXTS, IDS, encoder=encoder)
    if engine == "faiss":
        handle.store.save_local(str(handle.folder))
        guarded(handle, encoder)
    return handle


def unlabelled(make_handle: Any, engine: str, embeddings: np.ndarray) -> Any:
    """A collection that a stranger filled."""
    handle = make_handle(engine)
    handle.write(StoredRecords(handle.stored_ids(IDS), IDS, TEXTS, embeddings, [{}] * len(IDS)))
    if engine == "faiss":
        handle.store.save_local(str(handle.folder))
    assert handle.label() is None
    return handle


def test_an_empty_collection_is_labelled_and_the_label_survives_a_reopening(
    make_handle: Any, engine: str, encoder: Qwen3Encoder
) -> None:
    handle = make_handle(engine)
    assert guarded(handle, encoder) is handle
    assert make_handle(engine).label() == encoder.space.to_dict()


@pytest.mark.parametrize("what", OTHERS)
def test_another_space_is_refused(make_handle: Any, engine: str, encoder: Qwen3Encoder, what: str) -> None:
    handle = filled(make_handle, engine, encoder)
    guarded(handle, fake(device="cpu", task="qa"))  # neither moves a document
    changed, said = OTHERS[what]
    with pytest.raises(SpaceMismatchError, match=said):
        guarded(make_handle(engine), fake(**changed))


def test_a_strangers_collection_is_labelled_once_its_documents_agree(
    make_handle: Any, engine: str, encoder: Qwen3Encoder
) -> None:
    handle = unlabelled(make_handle, engine, encoder.encode_document(TEXTS))
    guarded(handle, encoder)
    assert handle.label() == encoder.space.to_dict()


def test_a_strangers_collection_of_another_space_is_refused(
    make_handle: Any, engine: str, encoder: Qwen3Encoder
) -> None:
    handle = unlabelled(make_handle, engine, np.roll(encoder.encode_document(TEXTS), 1, axis=1))
    with pytest.raises(SpaceMismatchError, match=r"embedded again, has cosine -?0\.\d\d"):
        guarded(handle, encoder)
    assert handle.label() is None


def test_a_collection_that_is_not_made_says_how_to_make_it(
    qdrant: Any, milvus: Any, postgres: str, encoder: Qwen3Encoder
) -> None:
    handles = (QdrantHandle(qdrant, "none"), MilvusHandle(milvus, "none"), PgvectorHandle(postgres, "none"))
    for handle in handles:
        with pytest.raises(ConfigError, match=r"not made yet\. .*\.create\(64\)"):
            guarded(handle, encoder)
    handles[2].close()


class Forgetful:
    """A server before Qdrant 1.16 takes a collection's metadata and drops it."""

    def __init__(self, client: Any) -> None:
        self._inner = client

    def update_collection(self, *_: Any, **__: Any) -> bool:
        return True

    def __getattr__(self, key: str) -> Any:
        return getattr(self._inner, key)


def test_a_server_that_drops_the_label_is_noticed(qdrant: Any, encoder: Qwen3Encoder) -> None:
    handle = QdrantHandle(Forgetful(qdrant), "docs")
    handle.create(64)
    with pytest.raises(ConfigError, match=r"did not keep the description.*before 1\.16"):
        guarded(handle, encoder)


def test_a_fingerprint_alone_is_compared(encoder: Qwen3Encoder) -> None:
    check_label(encoder.space, {"fingerprint": encoder.space.fingerprint}, "It", "Do it anew.")
    with pytest.raises(SpaceMismatchError, match=r"fingerprint: stored 'q3e1-0'.*Do it anew\."):
        check_label(encoder.space, {"fingerprint": "q3e1-0"}, "It", "Do it anew.")


def test_only_an_encoder_of_this_package_embeds(embeddings: Any, encoder: Qwen3Encoder) -> None:
    assert encoder_of(embeddings) is encoder_of(encoder)
    with pytest.raises(ConfigError, match="Can't embed with dict"):
        encoder_of({})


def test_a_calibrated_range_is_stored_with_the_space(make_handle: Any, engine: str, encoder: Qwen3Encoder) -> None:
    handle = make_handle(engine)
    embedded = np.tile(encoder.encode_document(TEXTS), (20, 1))
    quantizer = Quantizer.calibrate(embedded, "int8", fingerprint=encoder.space.fingerprint)
    with pytest.raises(ConfigError, match="has the space None"):
        store_quantizer(handle, quantizer)
    guarded(handle, encoder)
    assert stored_quantizer(handle) is None
    store_quantizer(handle, quantizer)
    again = guarded(make_handle(engine), encoder)
    assert stored_quantizer(again) == quantizer
