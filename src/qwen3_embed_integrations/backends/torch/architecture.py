"""The numbers of a Qwen3 model, from its config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shape:
    """The numbers in config.json that the forward pass needs."""

    vocabulary: int
    width: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    head_size: int
    mlp_width: int
    epsilon: float
    rope_theta: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Shape:
        """Gives the shape in a config.json, with Qwen3Config's defaults."""
        width, n_heads = config["hidden_size"], config.get("num_attention_heads", 32)
        rope = config.get("rope_parameters") or {}
        return cls(
            vocabulary=config.get("vocab_size", 151936),
            width=width,
            n_layers=config.get("num_hidden_layers", 32),
            n_heads=n_heads,
            n_kv_heads=config.get("num_key_value_heads") or n_heads,
            head_size=config.get("head_dim") or 128,
            mlp_width=config.get("intermediate_size", 22016),
            epsilon=config.get("rms_norm_eps", 1e-6),
            rope_theta=rope.get("rope_theta") or config.get("rope_theta") or 10000.0,
        )

    @property
    def n_parameters(self) -> int:
        """Weights of the matrices, embeddings included."""
        attention = 2 * self.width * self.head_size * (self.n_heads + self.n_kv_heads)
        return self.vocabulary * self.width + self.n_layers * (attention + 3 * self.width * self.mlp_width)


def is_plain(config: Mapping[str, Any]) -> bool:
    """Tells whether a config.json asks for nothing beyond what is written out here."""
    ropes = [config.get(name) or {} for name in ("rope_parameters", "rope_scaling")]
    return (
        all(rope.get("rope_type", rope.get("type", "default")) == "default" for rope in ropes)
        and not config.get("attention_bias")
        and not config.get("quantization_config")
        and config.get("hidden_act", "silu") == "silu"
    )
