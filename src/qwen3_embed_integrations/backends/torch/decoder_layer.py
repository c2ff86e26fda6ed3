"""One layer of the decoder: a checkpoint's weights → matrix products and norms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch

from .architecture import Qwen3Architecture

TakeWeight = Callable[..., torch.Tensor]
P = TypeVar("P")


@dataclass(frozen=True)
class DecoderLayer(Generic[P]):
    """The products and norms of one layer; `P` is what a matrix product is made of its weight.

    Attributes:
        input_norm: `[hidden_size]` float32, the norm before attention.
        qkv: Queries, keys and values in one product.
        norms: `[query and key heads, head_dim]` float32, the norms of queries and keys.
        out: The output product of attention.
        mlp_norm: `[hidden_size]` float32, the norm before the MLP.
        gate_up: Gate and up projection in one product.
        down: The down projection.
        apart: The product of queries and that of keys and values, for a layer that computes queries of few tokens; None
            for other layers.
    """

    input_norm: torch.Tensor
    qkv: P
    norms: torch.Tensor
    out: P
    mlp_norm: torch.Tensor
    gate_up: P
    down: P
    apart: tuple[P, P] | None = None


def read_layers(
    architecture: Qwen3Architecture, take: TakeWeight, product: Callable[[torch.Tensor], P], *, last_apart: bool = False
) -> Iterator[DecoderLayer[P]]:
    """Read the layers one by one.

    Args:
        architecture: The model's dimensions.
        take: Returns a weight by its name in Qwen3Model, after a check of its shape.
        product: Makes a matrix product from its weight, `[out_features, in_features]`.
        last_apart: Make the last layer's `apart`, of the same memory if `product` keeps a weight as it is.

    Raises:
        CheckpointError: A weight is missing, of the wrong shape or unreadable.
    """
    heads, kv_heads = (
        architecture.num_attention_heads * architecture.head_dim,
        architecture.num_key_value_heads * architecture.head_dim,
    )
    for index in range(architecture.num_hidden_layers):
        at = f"layers.{index}."
        q, k, v = (
            take(f"{at}self_attn.{name}_proj.weight", out_features, architecture.hidden_size)
            for name, out_features in (("q", heads), ("k", kv_heads), ("v", kv_heads))
        )
        gate, up = (
            take(f"{at}mlp.{name}_proj.weight", architecture.intermediate_size, architecture.hidden_size)
            for name in ("gate", "up")
        )
        query_norms, key_norms = (
            take(f"{at}self_attn.{name}_norm.weight", architecture.head_dim).float().expand(n_heads, -1)
            for name, n_heads in (("q", architecture.num_attention_heads), ("k", architecture.num_key_value_heads))
        )
        qkv = torch.cat((q, k, v))
        is_apart = last_apart and index == architecture.num_hidden_layers - 1
        yield DecoderLayer(
            input_norm=take(f"{at}input_layernorm.weight", architecture.hidden_size).float(),
            qkv=product(qkv),
            norms=torch.cat((query_norms, key_norms)),
            out=product(take(f"{at}self_attn.o_proj.weight", architecture.hidden_size, heads)),
            mlp_norm=take(f"{at}post_attention_layernorm.weight", architecture.hidden_size).float(),
            gate_up=product(torch.cat((gate, up))),
            down=product(take(f"{at}mlp.down_proj.weight", architecture.hidden_size, architecture.intermediate_size)),
            apart=(product(qkv[:heads]), product(qkv[heads:])) if is_apart else None,
        )
