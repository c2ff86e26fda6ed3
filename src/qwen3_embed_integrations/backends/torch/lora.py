"""Merge a LoRA adapter into the weights at loading."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, cast

from transformers import Qwen3Model

from qwen3_embed_integrations.core.errors import CheckpointError, missing_extra

_CAUSAL_LM_PREFIX = "base_model.model.model."  # trained on Qwen3ForCausalLM
_MODEL_PREFIX = "base_model.model."  # trained on Qwen3Model


def merge_adapter(model: Qwen3Model, folder: Path) -> Qwen3Model:
    """Merge the adapter in `folder` into the weights of `model` and return it.

    Raises:
        MissingExtraError: peft is not installed.
        CheckpointError: The adapter is damaged or does not fit the model.
    """
    try:
        from peft import PeftConfig, get_peft_model, set_peft_model_state_dict
    except ImportError as error:
        raise missing_extra("peft", "lora") from error
    from safetensors.torch import load_file

    try:
        weights = load_file(folder / "adapter_model.safetensors")
        peft_config = PeftConfig.from_pretrained(str(folder))
        peft_config.inference_mode = True
        peft_config.task_type = None  # peft wraps a task's model, which only a whole language model can be
        with warnings.catch_warnings():
            # peft 0.21 still asks transformers 5 for is_gradient_checkpointing
            warnings.simplefilter("ignore", FutureWarning)
            adapted = get_peft_model(model, peft_config)
        result: Any = set_peft_model_state_dict(adapted, {_plain_name(name): w for name, w in weights.items()})
    except Exception as error:  # peft and safetensors raise a dozen types for damaged adapters
        raise CheckpointError(
            f"The LoRA adapter in {folder} can't be loaded ({error}). Check that it was trained on this base model."
        ) from error
    if result.unexpected_keys or not weights:
        raise CheckpointError(
            f"The LoRA adapter in {folder} does not fit its base model, which has no weights for "
            f"{list(result.unexpected_keys)[:3]}. Check base_model_name_or_path in adapter_config.json."
        )
    return cast("Qwen3Model", adapted.merge_and_unload())


def _plain_name(name: str) -> str:
    return _MODEL_PREFIX + name.removeprefix(_CAUSAL_LM_PREFIX) if name.startswith(_CAUSAL_LM_PREFIX) else name
