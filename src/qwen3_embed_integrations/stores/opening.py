"""guarded: the store that was given, once its collection is known to be of the encoder's vector space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.errors import ConfigError, SpaceMismatchError
from qwen3_embed_integrations.core.quantization import Quantizer
from qwen3_embed_integrations.core.stored_sample import SAMPLE_SIZE, check_sample
from qwen3_embed_integrations.core.vector_space import VectorSpace

from .adapters import handle_of
from .arguments import check_dimension, check_scores
from .handle import CollectionHandle

Store = TypeVar("Store")

_REINDEX = "Make a new collection and add the documents there, or open this one with what made it."


def guarded(
    store: Store, encoder: Any, *, folder: str | Path | None = None, remedy: str = _REINDEX, **client: Any
) -> Store:
    """Return the same store, once its metric, dimension and vector space are known to be right.

    An empty collection is labelled with the encoder's space. One with documents and no label is checked by embedding
    some of them again, and labelled then.

    Args:
        store: A vector store of LangChain, LlamaIndex or Haystack, a Chroma collection, a FAISS index, or a handle.
        encoder: A Qwen3Encoder, or any integration of this package.
        folder: For FAISS: where the index is saved, or will be.
        remedy: What to do about another space, as the end of the message.
        **client: What the store hides: `client=` and `index=` for Pinecone.

    Raises:
        ConfigError: A wrong metric or argument, which the message names; an unknown store; or the collection is not
            made yet.
        SpaceMismatchError: It holds vectors of another dimension, model, pooling or document instruction.
    """
    inner = encoder_of(encoder)
    if not isinstance(store, CollectionHandle):
        check_dimension(store, inner.dimension)
    with opened(store, folder=folder, **client) as handle:
        check_collection(handle, inner, remedy=remedy)
        if handle is not store:
            check_scores(store, handle.info().metric)
    return store


@contextmanager
def opened(store: Any, **options: Any) -> Iterator[CollectionHandle]:
    """Return the handle of a store, closed at the end; one that was given stays open."""
    handle = handle_of(store, **options)
    try:
        yield handle
    finally:
        if handle is not store:
            handle.close()


def check_collection(handle: CollectionHandle, encoder: Qwen3Encoder, *, remedy: str = _REINDEX) -> None:
    """Check the metric, dimension and vector space of a collection, as `guarded` does, and label it."""
    if not handle.exists():
        raise ConfigError(
            f"{handle.where} is not made yet. Make it with {encoder.dimension} numbers and cosine: "
            f"{type(handle).__name__}(…).create({encoder.dimension})."
        )
    info = handle.info()
    if info.metric not in handle.metrics:
        raise ConfigError(
            f"{handle.where} compares by {info.metric}: scores would be distances, and thresholds would keep the "
            f"worst. {handle.metric_remedy}"
        )
    space = encoder.space
    if info.dimension not in (None, space.dimension):
        raise SpaceMismatchError(
            f"{handle.where} holds vectors of another space (dimension: stored {info.dimension}, now "
            f"{space.dimension}). {remedy}"
        )
    stored = handle.label()
    if stored:
        check_label(space, stored, handle.where, remedy)
        return
    check_sample(handle.sample(SAMPLE_SIZE), encoder.encode_document, where=handle.where, remedy=remedy)
    if getattr(handle, "keeps_label", True):
        _label(handle, space)


def store_quantizer(handle: CollectionHandle, quantizer: Quantizer) -> None:
    """Store a calibrated range beside the description of the collection's vector space.

    Raises:
        ConfigError: The collection has no label, or one of another space.
    """
    label = handle.label() or {}
    if "dimension" not in label or label.get("fingerprint") != quantizer.fingerprint:
        raise ConfigError(
            f"{handle.where} has the space {label.get('fingerprint')!r}, and the quantizer {quantizer.fingerprint!r}. "
            "Open it by guarded first, and calibrate with fingerprint=encoder.space.fingerprint."
        )
    handle.set_label({**label, "quantization": quantizer.to_dict()})


def stored_quantizer(handle: CollectionHandle) -> Quantizer | None:
    """Return what `store_quantizer` stored; None if there is nothing."""
    stored = (handle.label() or {}).get("quantization")
    return None if stored is None else Quantizer.from_dict(stored)


def check_label(space: VectorSpace, stored: Mapping[str, Any], where: str, remedy: str) -> None:
    """Compare a stored description, or a fingerprint alone, with a space.

    Raises:
        SpaceMismatchError: They differ.
    """
    if "dimension" in stored:
        space.check(stored, where=where, remedy=remedy)
    elif stored.get("fingerprint") != space.fingerprint:
        raise SpaceMismatchError(
            f"{where} holds vectors of another space (fingerprint: stored {stored.get('fingerprint')!r}, now "
            f"{space.fingerprint!r}). {remedy}"
        )


def encoder_of(encoder: Any) -> Qwen3Encoder:
    """Return the encoder of an integration.

    Raises:
        ConfigError: It has none.
    """
    inner = getattr(encoder, "encoder", encoder)  # every integration has its encoder under this name
    if not isinstance(inner, Qwen3Encoder):
        raise ConfigError(
            f"Can't embed with {type(encoder).__name__}. Give a Qwen3Encoder or an integration of this package."
        )
    return inner


def _label(handle: CollectionHandle, space: VectorSpace) -> None:
    handle.set_label(space.to_dict())
    found = handle.label()
    if found is None or found.get("fingerprint") != space.fingerprint:
        raise ConfigError(
            f"{handle.where} did not keep the description of its vector space, so another one would open unnoticed. "
            f"{handle.label_remedy}"
        )
