"""What is wrong with a collection, and what mends it; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.errors import SpaceMismatchError
from qwen3_embed_integrations.core.stored_sample import SAMPLE_SIZE, check_sample

from .handle import CollectionHandle
from .opening import check_label

_REMEDY = "Make a new collection and add the documents there, or use the model that made this one."


@dataclass(frozen=True)
class StoreCheck:
    """One check of a collection.

    Attributes:
        name: What was checked.
        outcome: "ok", "warning", "failure", or "unknown" if the engine does not say.
        found: What was found, and what to do.
    """

    name: str
    outcome: Literal["ok", "warning", "failure", "unknown"]
    found: str


def diagnose(handle: CollectionHandle, encoder: Qwen3Encoder | None = None) -> list[StoreCheck]:
    """Check metric, dimension, vector space, count and index of a collection.

    Args:
        handle: The collection.
        encoder: What it will be searched with; None: only what the collection says of itself.
    """
    return list(_checks(handle, encoder))


def _checks(handle: CollectionHandle, encoder: Qwen3Encoder | None) -> Iterator[StoreCheck]:
    if not handle.exists():
        yield StoreCheck("collection", "failure", f"{handle.where} is not there.")
        return
    info = handle.info()
    yield StoreCheck("collection", "ok", f"{handle.where}, {info.n_documents:,} documents")
    if info.metric in handle.metrics:
        yield StoreCheck("metric", "ok", info.metric)
    else:
        found = f"{info.metric}: scores are distances, and thresholds keep the worst. {handle.metric_remedy}"
        yield StoreCheck("metric", "failure", found)
    yield _dimension(info.dimension, encoder)
    yield _space(handle, encoder)
    if info.index:
        yield StoreCheck("index", "ok", info.index)
    for problem in handle.problems():
        yield StoreCheck("index", "warning", f"{problem.found}. To mend it: {problem.remedy}")


def _dimension(dimension: int | None, encoder: Qwen3Encoder | None) -> StoreCheck:
    if dimension is None:
        return StoreCheck("dimension", "unknown", "the engine does not say")
    if encoder is None or encoder.dimension == dimension:
        return StoreCheck("dimension", "ok", str(dimension))
    found = f"{dimension}, but the model's embeddings have {encoder.dimension} numbers. Give --dimension {dimension}."
    return StoreCheck("dimension", "failure", found)


def _space(handle: CollectionHandle, encoder: Qwen3Encoder | None) -> StoreCheck:
    label = handle.label()
    if label and encoder is None:
        model = f", model {label['model']}" if "model" in label else ""
        return StoreCheck("vector space", "ok", f"{label.get('fingerprint', 'no fingerprint')}{model}")
    if encoder is None:
        return StoreCheck(
            "vector space", "warning", "no label: another model would open unnoticed. Open it by guarded."
        )
    try:
        if label:
            check_label(encoder.space, label, handle.where, _REMEDY)
            return StoreCheck("vector space", "ok", f"{encoder.space.fingerprint}, the model's")
        sample = handle.sample(SAMPLE_SIZE)
        if not sample:
            return StoreCheck(
                "vector space", "warning", "no label, and no documents. Open it by guarded, which labels it."
            )
        check_sample(sample, encoder.encode_document, where=handle.where, remedy=_REMEDY)
    except SpaceMismatchError as error:
        return StoreCheck("vector space", "failure", str(error))
    return StoreCheck(
        "vector space",
        "warning",
        f"no label; {len(sample)} documents embedded again agree. Open it by guarded, which labels it.",
    )
