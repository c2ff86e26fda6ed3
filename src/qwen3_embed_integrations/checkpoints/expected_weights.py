"""Compare a folder's tensors with those of the model that config.json describes, before any weight is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import CheckpointError

from .architecture import Qwen3Architecture
from .safetensors_index import StoredTensor

PREFIX = "model."
"""Of the names of a Qwen3ForCausalLM's decoder."""
_SHOWN = 3


def expected_weights(model_config: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield name and shape of each weight of a Qwen3Model, as config.json describes it.

    Lazily, the layers in order: a config.json may ask for a billion of them.
    """
    model = Qwen3Architecture.of(model_config)
    hidden, inner, head = model.hidden_size, model.intermediate_size, model.head_dim
    queries, keys = head * model.num_attention_heads, head * model.num_key_value_heads
    yield "embed_tokens.weight", (model.vocab_size, hidden)
    yield "norm.weight", (hidden,)
    for index in range(model.num_hidden_layers):
        layer = f"layers.{index}."
        yield f"{layer}input_layernorm.weight", (hidden,)
        yield f"{layer}post_attention_layernorm.weight", (hidden,)
        yield f"{layer}self_attn.q_norm.weight", (head,)
        yield f"{layer}self_attn.k_norm.weight", (head,)
        for name, n_out, n_in in (
            ("q", queries, hidden),
            ("k", keys, hidden),
            ("v", keys, hidden),
            ("o", hidden, queries),
        ):
            yield f"{layer}self_attn.{name}_proj.weight", (n_out, n_in)
            if model_config.get("attention_bias"):
                yield f"{layer}self_attn.{name}_proj.bias", (n_out,)
        yield f"{layer}mlp.gate_proj.weight", (inner, hidden)
        yield f"{layer}mlp.up_proj.weight", (inner, hidden)
        yield f"{layer}mlp.down_proj.weight", (hidden, inner)


def check_weights(index: Mapping[str, StoredTensor], model_config: Mapping[str, Any], folder: Path) -> set[str]:
    """Check that all weights of the model are stored, in the right shape; return the names of further tensors.

    Args:
        index: The stored tensors by name; names may start with `PREFIX`.
        model_config: The content of config.json, checked.
        folder: The folder, for the message.

    Raises:
        CheckpointError: A weight is missing or has another shape.
    """
    used = set()
    for name, shape in expected_weights(model_config):
        stored = name if name in index else PREFIX + name
        if stored not in index:
            raise CheckpointError(
                f"The weights in {folder} lack {name}. The checkpoint is incomplete: copy or download it again."
            )
        if index[stored].shape != shape:
            raise CheckpointError(
                f"The weight {stored} in {folder} has shape {index[stored].shape}, config.json says {shape}. "
                "Copy or download the checkpoint again."
            )
        used.add(stored)
    return index.keys() - used


def shown_names(names: Iterable[str]) -> str:
    """Return the first names for a message, and how many more there are."""
    listed = sorted(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(repr(name[:80]) for name in listed[:_SHOWN]) + more
