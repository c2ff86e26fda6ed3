"""transformers' own Qwen3Model, run without padding: the tests' reference, and the runtime of unusual checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AttentionInterface, Qwen3Model
from transformers.utils import logging as transformers_logging

from qwen3_embed_integrations.core.errors import CheckpointError

from .attention import KeysValues, causal_attention

_ATTENTION = "qwen3_packed"


class ReferenceQwen3:
    """Token ids laid end to end → token states, through transformers' module; called as `PackedQwen3` is.

    Args:
        model: transformers' module.
        attention: Computes attention; its layout is what the calls bring.
    """

    def __init__(self, model: Qwen3Model, attention: Callable[..., torch.Tensor] = causal_attention) -> None:
        self.model = model
        self._attention = attention

    def __call__(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: Any,
        wanted: torch.Tensor | None,
        prefix: Sequence[KeysValues] = (),
    ) -> torch.Tensor:
        """Return the final states of the `wanted` tokens (None: of all), `[n, hidden_size]` float32.

        Raises:
            TypeError: A prefix is given, which transformers' module can't take.
        """
        if prefix:
            raise TypeError("transformers' module takes no prefix: write it out before each sequence")
        states: torch.Tensor = self.model(
            input_ids=ids[None],
            position_ids=positions[None],
            attention_mask={"full_attention": None},
            use_cache=False,  # with a cache, packed sequences attend to each other in transformers 5
            layout=layout,
            packed_attention=self._attention,
        ).last_hidden_state[0]
        return (states if wanted is None else states[wanted]).float()


def load_reference(folder: Path, device: torch.device, dtype: torch.dtype) -> Qwen3Model:
    """Load the weights; refuse a checkpoint that lacks some, which transformers would initialise at random.

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
    """
    try:
        model, report = _from_pretrained(
            folder,
            dtype=dtype,
            attn_implementation=_ATTENTION,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, StrictDataclassError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise CheckpointError(
            f"The weights in {folder} can't be loaded ({reason}). Copy or download the checkpoint again."
        ) from error
    wrong = sorted(str(key) for kind in ("missing_keys", "mismatched_keys") for key in report.get(kind, ()))
    if wrong:
        raise CheckpointError(
            f"The weights in {folder} lack {len(wrong)} tensors or have them in another shape "
            f"({', '.join(wrong[:3])}). The checkpoint is incomplete: copy or download it again."
        )
    torch.nn.Module.to(model, device)  # the type of transformers' own `to` doesn't fit
    return model


class _UpcastLinear(torch.nn.Linear):
    """A linear layer that stores bfloat16 and computes in float32."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        """Return the float32 product of `input`, `[…, in_features]`."""
        bias = None if self.bias is None else self.bias.float()
        return torch.nn.functional.linear(input, self.weight.float(), bias)


class _UpcastEmbedding(torch.nn.Embedding):
    """A table of embeddings that stores bfloat16 and returns float32."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        """Return the float32 embeddings of token ids."""
        return super().forward(input).float()


def multiply_in_float32(model: Qwen3Model) -> None:
    """Let a bfloat16 model compute in float32, in place, for a CPU that has no bfloat16 products."""
    _replace_classes(model, {torch.nn.Linear: _UpcastLinear, torch.nn.Embedding: _UpcastEmbedding})


@contextmanager
def in_float32(runs: ReferenceQwen3, attention: Callable[..., torch.Tensor]) -> Iterator[ReferenceQwen3]:
    """Let a 16-bit model compute in float32 inside the block, each weight converted for its own product.

    Args:
        runs: The model, which no other thread uses meanwhile.
        attention: Computes attention in float32.
    """
    multiply_in_float32(runs.model)
    try:
        yield ReferenceQwen3(runs.model, attention)
    finally:
        _replace_classes(runs.model, {_UpcastLinear: torch.nn.Linear, _UpcastEmbedding: torch.nn.Embedding})


def _replace_classes(model: torch.nn.Module, others: Mapping[type, type]) -> None:
    for module in model.modules():
        kind = next((one for one in others if isinstance(module, one)), None)
        if kind is not None:
            module.__class__ = others[kind]


def _from_pretrained(folder: Path, **options: Any) -> tuple[Qwen3Model, dict[str, Any]]:
    """Load the model without transformers' progress bar."""
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    try:
        return cast("tuple[Qwen3Model, dict[str, Any]]", Qwen3Model.from_pretrained(folder, **options))
    finally:
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # same


def _packed_attention(  # noqa: PLR0913 - the signature is transformers' AttentionInterface
    module: torch.nn.Module,  # noqa: ARG001 - same
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - the layout replaces the mask
    *,
    scaling: float,
    layout: Any,
    packed_attention: Callable[..., torch.Tensor],
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Compute packed attention in the shapes of transformers.

    Returns:
        `[1, tokens, heads, head_dim]` from inputs of `[1, heads, tokens, head_dim]`, and None for the weights.
    """
    query, key, value = (x[0].transpose(0, 1) for x in (query, key, value))
    return packed_attention(query, key, value, scaling, layout)[None], None


AttentionInterface.register(_ATTENTION, _packed_attention)
