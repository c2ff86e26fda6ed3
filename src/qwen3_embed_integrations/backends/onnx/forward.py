"""A packed batch → pooled embeddings, by an exported graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from qwen3_embed_integrations.backends.prefix_cache import PrefixCache
from qwen3_embed_integrations.checkpoints.exported_model import ExportedModel
from qwen3_embed_integrations.core.packing import PackedBatch, pack
from qwen3_embed_integrations.core.types import FloatArray, IntArray

from .graph_inputs import PrefixStates, graph_inputs
from .session import Session
from .token_pooling import pool

_BLOCK = 1024  # tokens of a long text that attend at once: attention keeps heads * block * text scores in memory
_MOST_PADDING = 128  # scores of attention with padding for each token: its products cost as much as about 1,000 scores
_LEAST_TOKENS = 128  # of a part of a batch: a smaller one costs more by itself than its padding does


class OnnxForward:
    """A packed batch → pooled embeddings, `[n, hidden_size]` float32, or a reranker's logits, `[n, 1]`.

    Args:
        model: The exported model.
        open_session: Loads its graph.
    """

    def __init__(self, model: ExportedModel, open_session: Callable[[], Session]) -> None:
        manifest = model.manifest
        self._pooling = "lasttoken" if manifest.is_reranker else model.model_info.pooling
        self._none = PrefixStates.empty(manifest.num_hidden_layers, manifest.key_size)
        self._prefixes = PrefixCache(self._prefix_states, self._none)
        self._open_session = open_session
        self._session = open_session()
        self._left_behind: list[Session] = []

    def __call__(self, batch: PackedBatch) -> FloatArray:
        """Return the embeddings in the batch's order; one may be non-finite, which the caller checks.

        Raises:
            MemoryError: The batch doesn't fit into memory.
        """
        if self._pooling != "lasttoken":
            return self._pooled(batch.without_prefix())
        prefix = self._prefixes(batch.prefix)
        parts = list(split_by_length(batch.lengths))
        if len(parts) == 1:
            return self._embeddings(batch, prefix)
        computed = np.concatenate([self._embeddings(select(batch, part), prefix) for part in parts])
        embeddings: FloatArray = np.empty_like(computed)
        embeddings[np.concatenate(parts)] = computed
        return embeddings

    def warm_up(self, prefix: tuple[int, ...]) -> None:
        """Compute a short query after `prefix` (token ids), so that the first call doesn't pay for one-time work."""
        self(pack([[0] * 16], prefix))

    def reopen(self) -> None:
        """Load the graph again, in a forked child, where the threads of the runtime don't exist.

        The parent's session is kept: ending it would wait for those threads.
        """
        self._left_behind.append(self._session)
        self._session = self._open_session()
        self._prefixes = PrefixCache(self._prefix_states, self._none)

    def _embeddings(self, batch: PackedBatch, prefix: PrefixStates) -> FloatArray:
        if len(batch.input_ids) > _BLOCK and len(batch.lengths) == 1:
            batch, prefix = self._last_block(batch, prefix)
        (embeddings,) = self._session.run(graph_inputs(batch, prefix), ["embeddings"])
        return embeddings

    def _last_block(self, batch: PackedBatch, prefix: PrefixStates) -> tuple[PackedBatch, PrefixStates]:
        """Compute a long text block by block; return the last one, and the states of all that precede it."""
        ids = batch.input_ids.tolist()
        offset = len(batch.prefix)
        while len(ids) > _BLOCK:
            block = _at(pack([ids[:_BLOCK]]), offset)
            prefix = prefix.extended(self._states(block, prefix))
            ids, offset = ids[_BLOCK:], offset + _BLOCK
        return _at(pack([ids]), offset), prefix

    def _states(self, batch: PackedBatch, prefix: PrefixStates) -> PrefixStates:
        """Return the keys and values of all tokens of a batch of one sequence."""
        keys, values = self._session.run(graph_inputs(batch, prefix, keeps=True), ["keys", "values"])
        return PrefixStates(keys, values)

    def _prefix_states(self, prefix: tuple[int, ...]) -> PrefixStates:
        return self._states(pack([prefix]), self._none)

    def _pooled(self, batch: PackedBatch) -> FloatArray:
        inputs = graph_inputs(batch, self._none, end_index=np.arange(len(batch.input_ids)))
        (states,) = self._session.run(inputs, ["embeddings"])
        return pool(states, batch.cu_seqlens, self._pooling)


def split_by_length(lengths: IntArray) -> Iterator[IntArray]:
    """Split a batch so that attention computes few scores of padding; yield the sequences of each part.

    Args:
        lengths: `[n]`, tokens of each sequence.

    Yields:
        Indices of sequences of similar length.
    """
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        longest = int(lengths[order[first]])
        end, n_tokens, padding = first, 0, 0
        for index in order[first:]:
            length = int(lengths[index])
            padding += longest**2 - length**2
            if n_tokens >= _LEAST_TOKENS and padding > _MOST_PADDING * n_tokens:
                break
            end, n_tokens = end + 1, n_tokens + length
        yield order[first:end]
        first = end


def select(batch: PackedBatch, indices: IntArray) -> PackedBatch:
    """Return the batch of some of its sequences, in the order of `indices`."""
    starts, ends = batch.cu_seqlens[:-1][indices], batch.cu_seqlens[1:][indices]
    tokens = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
    cu_seqlens = np.concatenate(([0], np.cumsum(ends - starts)))
    return PackedBatch(batch.input_ids[tokens], batch.position_ids[tokens], cu_seqlens, batch.prefix)


def _at(batch: PackedBatch, offset: int) -> PackedBatch:
    """Return a batch whose positions start at `offset`."""
    return PackedBatch(batch.input_ids, batch.position_ids + offset, batch.cu_seqlens)
