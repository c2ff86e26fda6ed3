"""The dimensions of a Qwen3 model, from its config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Qwen3Architecture:
    """The values of config.json that decide shapes and arithmetic, under config.json's own names."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    intermediate_size: int
    rms_norm_eps: float
    rope_theta: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Qwen3Architecture:
        """Return the architecture in a config.json; missing values have Qwen3Config's defaults."""
        hidden_size, num_attention_heads = config["hidden_size"], config.get("num_attention_heads", 32)
        rope = config.get("rope_parameters") or {}
        return cls(
            vocab_size=config.get("vocab_size", 151936),
            hidden_size=hidden_size,
            num_hidden_layers=config.get("num_hidden_layers", 32),
            num_attention_heads=num_attention_heads,
            num_key_value_heads=config.get("num_key_value_heads") or num_attention_heads,
            head_dim=config.get("head_dim") or 128,
            intermediate_size=config.get("intermediate_size", 22016),
            rms_norm_eps=config.get("rms_norm_eps", 1e-6),
            rope_theta=rope.get("rope_theta") or config.get("rope_theta") or 10000.0,
        )

    @property
    def n_parameters(self) -> int:
        """The number of weights in all matrices, including the token embeddings."""
        attention = 2 * self.hidden_size * self.head_dim * (self.num_attention_heads + self.num_key_value_heads)
        return self.vocab_size * self.hidden_size + self.num_hidden_layers * (
            attention + 3 * self.hidden_size * self.intermediate_size
        )


def is_plain(config: Mapping[str, Any]) -> bool:
    """Return whether a config.json asks for nothing beyond the forward pass of this package."""
    ropes = [config.get(name) or {} for name in ("rope_parameters", "rope_scaling")]
    return (
        all(rope.get("rope_type", rope.get("type", "default")) == "default" for rope in ropes)
        and not config.get("attention_bias")
        and not config.get("quantization_config")
        and config.get("hidden_act", "silu") == "silu"
    )
