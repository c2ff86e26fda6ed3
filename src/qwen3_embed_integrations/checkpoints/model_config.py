"""Check config.json: a Qwen3 decoder with causal attention, and numbers that a model can have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import CheckpointError

MAX_NUMBER = 1 << 40
_NUMBERS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(
        (
            "hidden_size",
            "vocab_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "intermediate_size",
            "max_position_embeddings",
        ),
        (int,),
    ),
    **dict.fromkeys(("rms_norm_eps", "rope_theta"), (int, float)),
}
"""Keys whose values are positive numbers, with their types."""
_NULLABLE = frozenset({"num_key_value_heads", "head_dim", "rope_theta"})
"""Keys that may be null: their value is then derived from another key."""
_OTHERS: Mapping[str, type] = {
    "architectures": list,
    "attention_bias": bool,
    "hidden_act": str,
    "layer_types": list,
    "rope_parameters": dict,
    "rope_scaling": dict,
    "quantization_config": dict,
    "compression_config": dict,
}
_SCALING = frozenset({"factor", "attention_factor", "beta_fast", "beta_slow", "original_max_position_embeddings"})
"""Keys of rope_scaling whose values are positive numbers."""
_BIDIRECTIONAL = (("is_causal", False), ("use_bidirectional_attention", True), ("is_bidirectional", True))


def check_model_config(model_config: Mapping[str, Any], folder: Path) -> None:
    """Check the content of config.json.

    Args:
        model_config: The JSON object.
        folder: Its folder, for the message.

    Raises:
        CheckpointError: Another model type or attention, a value of the wrong type, or a number that no model has.
    """
    path = folder / "config.json"
    kind = model_config.get("model_type")
    if kind != "qwen3":
        raise CheckpointError(
            f"{folder} holds a model of type {kind!r}, expected 'qwen3'. "
            "This package runs Qwen3-Embedding models and their fine-tunes."
        )
    if "hidden_size" not in model_config:
        raise CheckpointError(f"{path} has no hidden_size: it is damaged.")
    for name, expected in _OTHERS.items():
        if not isinstance(model_config.get(name), expected | None):
            raise CheckpointError(f"{path} has {name}={_shown(model_config[name])}: it is damaged.")
    _check_numbers(model_config, path)
    _check_rotation(model_config, path)
    _check_attention(model_config, folder)


def _check_numbers(model_config: Mapping[str, Any], path: Path) -> None:
    for name in sorted(_NUMBERS.keys() & model_config.keys()):
        value, kinds = model_config[name], _NUMBERS[name]
        if value is None and name in _NULLABLE:
            continue
        if type(value) not in kinds or not 0 < value < MAX_NUMBER:
            raise CheckpointError(f"{path} has {name}={_shown(value)}, which no model has: it is damaged.")
    n_heads, n_groups = model_config.get("num_attention_heads"), model_config.get("num_key_value_heads")
    if n_heads and n_groups and n_heads % n_groups:
        raise CheckpointError(
            f"{path} has num_attention_heads={n_heads}, no multiple of num_key_value_heads={n_groups}: it is damaged."
        )
    if (model_config.get("head_dim") or 0) % 2:
        raise CheckpointError(f"{path} has head_dim={model_config['head_dim']}, expected an even number.")


def _check_rotation(model_config: Mapping[str, Any], path: Path) -> None:
    """Check the rotary embedding, whose settings may be in either of two objects, or beside them."""
    for settings in (model_config, model_config.get("rope_parameters") or {}, model_config.get("rope_scaling") or {}):
        theta, part = settings.get("rope_theta"), settings.get("partial_rotary_factor")
        if theta is not None and not _is_number(theta):
            raise CheckpointError(f"{path} has rope_theta={_shown(theta)}, which no model has: it is damaged.")
        for name in sorted(_SCALING & settings.keys()):
            if settings[name] is not None and not _is_number(settings[name]):
                raise CheckpointError(f"{path} has {name}={_shown(settings[name])}, which no model has: it is damaged.")
        if part not in (None, 1):
            raise CheckpointError(f"{path} has partial_rotary_factor={_shown(part)}, which no Qwen3 model has.")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < MAX_NUMBER


def _check_attention(model_config: Mapping[str, Any], folder: Path) -> None:
    if model_config.get("use_sliding_window"):
        raise CheckpointError(f"{folder} uses sliding-window attention, which no Qwen3-Embedding model does.")
    for name, value in _BIDIRECTIONAL:
        if model_config.get(name) is value:
            raise CheckpointError(
                f"{folder} has {name}={value}: bidirectional attention. Qwen3-Embedding models attend causally; "
                'serve this model with an engine that knows it, and use backend="remote".'
            )
    layer_types, depth = model_config.get("layer_types"), model_config.get("num_hidden_layers")
    if layer_types is None:
        return
    if depth is not None and len(layer_types) != depth:
        raise CheckpointError(
            f"{folder / 'config.json'} has {len(layer_types)} layer_types for num_hidden_layers={depth}: it is damaged."
        )
    for one in layer_types:
        if one != "full_attention":
            raise CheckpointError(f"{folder} has a layer of type {_shown(one)}, expected 'full_attention'.")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:60] + "…"  # noqa: PLR2004 - characters of a readable message
