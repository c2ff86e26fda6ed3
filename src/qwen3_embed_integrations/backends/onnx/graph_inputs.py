"""A packed batch → the arrays that the exported graph takes.

Tokens lie end to end, without padding. Only attention needs sequences of equal length: the graph gathers queries, keys
and values to `[n, longest]`, and gathers the result back. A padding place repeats any token: it comes after its
sequence's own tokens, which attend to earlier ones only, and its result is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qwen3_embed_integrations.core.packing import PackedBatch
from qwen3_embed_integrations.core.types import FloatArray, IntArray

Arrays = dict[str, IntArray | FloatArray]

INPUT_NAMES = (
    "input_ids",
    "position_ids",
    "query_index",
    "key_index",
    "packed_index",
    "end_index",
    "kept_index",
    "prefix_keys",
    "prefix_values",
)
"""The inputs of the graph, as `qwen3-embed export` writes it."""
OUTPUT_NAMES = ("embeddings", "keys", "values")


@dataclass(frozen=True)
class PrefixStates:
    """Keys and values of tokens that precede every sequence, `[num_hidden_layers, tokens, key_size]` each."""

    keys: FloatArray
    values: FloatArray

    def __len__(self) -> int:
        return int(self.keys.shape[1])

    @classmethod
    def empty(cls, num_hidden_layers: int, key_size: int) -> PrefixStates:
        """Return the states of no token."""
        none = np.empty((num_hidden_layers, 0, key_size), dtype=np.float32)
        return cls(none, none)

    def extended(self, other: PrefixStates) -> PrefixStates:
        """Return these states followed by `other`."""
        return PrefixStates(
            np.concatenate((self.keys, other.keys), axis=1), np.concatenate((self.values, other.values), axis=1)
        )


def graph_inputs(
    batch: PackedBatch, prefix: PrefixStates, *, end_index: IntArray | None = None, keeps: bool = False
) -> Arrays:
    """Return the graph's inputs.

    Args:
        batch: The sequences; their positions count the prefix.
        prefix: The states of the batch's prefix.
        end_index: `[m]`, the tokens whose states are returned; None for the last one of each sequence.
        keeps: Return the keys and values of all tokens.

    Returns:
        Arrays by name: int64, and float32 for the prefix.
    """
    lengths, starts = batch.lengths, batch.cu_seqlens[:-1]
    n, n_tokens, longest = len(lengths), len(batch.input_ids), int(lengths.max())
    query_index = np.minimum(starts[:, None] + np.arange(longest), n_tokens - 1)
    prefix_index = np.broadcast_to(np.arange(len(prefix)), (n, len(prefix)))
    in_sequence = batch.position_ids - len(prefix)
    return {
        "input_ids": batch.input_ids,
        "position_ids": batch.position_ids,
        "query_index": query_index,
        "key_index": np.concatenate((prefix_index, query_index + len(prefix)), axis=1),
        "packed_index": in_sequence + np.repeat(np.arange(n) * longest, lengths),
        "end_index": batch.cu_seqlens[1:] - 1 if end_index is None else end_index,
        "kept_index": np.arange(n_tokens if keeps else 0),
        "prefix_keys": prefix.keys,
        "prefix_values": prefix.values,
    }
