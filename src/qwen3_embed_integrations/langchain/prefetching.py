"""Embeddings that were computed before a vector store asks for them, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.inputs import without_repeats
from qwen3_embed_integrations.core.types import FloatArray

_PREFETCHED: ContextVar[tuple[Qwen3Encoder, Mapping[str, int], FloatArray] | None] = ContextVar(
    "prefetched", default=None
)
"""The encoder, text → its index, and `[n, dimension]` embeddings."""


@contextmanager
def prefetch(encoder: Qwen3Encoder, texts: list[str]) -> Iterator[None]:
    """Embed the texts; until the block ends, `encode_prefetched` finds them."""
    distinct, _ = without_repeats(texts)
    embeddings = encoder.encode_document(distinct)
    token = _PREFETCHED.set((encoder, dict(zip(distinct, range(len(distinct)), strict=True)), embeddings))
    try:
        yield
    finally:
        _PREFETCHED.reset(token)


def encode_prefetched(encoder: Qwen3Encoder, texts: list[str]) -> FloatArray:
    """Return the embeddings of documents, `[n, dimension]`; compute those that were not prefetched."""
    found = _found(encoder, texts)
    if found is None:
        return encoder.encode_document(texts)
    missing = [i for i, index in enumerate(found[0]) if index < 0]
    return _merged(*found, missing, encoder.encode_document([texts[i] for i in missing]) if missing else None)


async def aencode_prefetched(encoder: Qwen3Encoder, texts: list[str]) -> FloatArray:
    """Async twin of `encode_prefetched`."""
    found = _found(encoder, texts)
    if found is None:
        return await encoder.aencode_document(texts)
    missing = [i for i, index in enumerate(found[0]) if index < 0]
    return _merged(*found, missing, await encoder.aencode_document([texts[i] for i in missing]) if missing else None)


def _found(encoder: Qwen3Encoder, texts: list[str]) -> tuple[list[int], FloatArray] | None:
    """Return the index of each text among the prefetched, -1 where it isn't, and their embeddings."""
    prefetched = _PREFETCHED.get()
    if prefetched is None or prefetched[0].config != encoder.config:
        return None
    return [prefetched[1].get(text, -1) for text in texts], prefetched[2]


def _merged(indices: list[int], known: FloatArray, missing: list[int], computed: FloatArray | None) -> FloatArray:
    embeddings: FloatArray = known[np.asarray(indices, dtype=np.int64)]
    if computed is not None:
        embeddings[missing] = computed
    return embeddings
