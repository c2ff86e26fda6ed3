"""Whether a folder's weights are quantised, and how: such numbers mean nothing without their scales."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .safetensors_index import StoredTensor

_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
_FILES = {
    "quantize_config.json": "gptq",
    "quant_config.json": "awq",
    "quant_strategy.json": "exl2",
    "hf_quant_config.json": "modelopt",
}
"""Files in which the tools of a method describe it."""
_TENSORS = (
    (re.compile(r"\.(qweight|qzeros|g_idx)$"), "gptq or awq"),
    (re.compile(r"\.weight_(packed|shape)$"), "compressed-tensors"),
    (re.compile(r"\.(absmax|quant_map|nested_absmax|SCB|weight_format)$|\.quant_state\."), "bitsandbytes"),
    (re.compile(r"[._](scale|scales|scale_inv|scale_2|zero_point|zeros|q_scale|input_scale)$"), "fp8 or int8"),
)
"""Names of tensors that go with quantised weights."""


def quantization_of(folder: Path, model_config: Mapping[str, Any], index: Mapping[str, StoredTensor]) -> str:
    """Return the method by which the weights are quantised, such as "gptq"; "" for plain floating-point numbers.

    Args:
        folder: The folder of config.json and the weights.
        model_config: The content of config.json.
        index: The stored tensors by name.
    """
    for key in ("quantization_config", "compression_config", "quantization"):
        if settings := model_config.get(key):
            return _method(settings if isinstance(settings, Mapping) else {})
    for file, method in _FILES.items():
        if (folder / file).is_file():
            return method
    for pattern, method in _TENSORS:
        if any(pattern.search(name) for name in index):
            return method
    odd = sorted({tensor.dtype for tensor in index.values()} - _FLOATS)
    return f"weights of type {odd[0][:20]!r}" if odd else ""


def _method(settings: Mapping[str, Any]) -> str:
    method = settings.get("quant_method")
    if isinstance(method, str) and method:
        return method[:40]
    if any(settings.get(f"load_in_{bits}bit") for bits in (4, 8)):
        return "bitsandbytes"
    if {"bits", "group_size"} <= settings.keys():
        return "mlx"
    return "an unnamed method"
