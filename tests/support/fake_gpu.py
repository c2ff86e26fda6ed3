"""A GPU without a GPU: cards by their properties, a varlen kernel and graphs that run on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from qwen3_embed_integrations.backends.torch.gpu.accelerator import Accelerator
from qwen3_embed_integrations.backends.torch.gpu.attention import Attention, VarlenLayout, repeated

CPU = torch.device("cpu")


class FakeDevices:
    """A device layer that tells of another card."""

    def __init__(
        self,
        *,
        rocm: bool = False,
        capability: tuple[int, int] = (0, 0),
        bfloat16: bool = False,
        memory: tuple[int, int] | None = None,
    ) -> None:
        self._rocm, self._capability, self._bfloat16, self._memory = rocm, capability, bfloat16, memory
        self.asked: list[torch.device] = []

    def is_rocm(self) -> bool:
        return self._rocm

    def capability(self, device: torch.device) -> tuple[int, int]:
        self.asked.append(device)
        return self._capability

    def name(self, device: torch.device) -> str:
        return f"a card at {device}"

    def multiplies_bfloat16(self, device: torch.device) -> bool:
        self.asked.append(device)
        return self._bfloat16

    def memory(self, device: torch.device) -> tuple[int, int] | None:
        self.asked.append(device)
        return self._memory


def varlen_on_cpu(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float, layout: VarlenLayout
) -> torch.Tensor:
    """Compute what the flash kernel does, from what it reads: the bounds on the device, and the most tokens.

    Like the kernel it leaves rows of no sequence as memory was, here NaN, and computes no more queries of a sequence
    than `max_seqlen_q` says.
    """
    assert layout.cu_seqlens_q.dtype == layout.cu_seqlens_k.dtype == torch.int32
    out = torch.full(q.shape, float("nan"), dtype=q.dtype)
    bounds = zip(layout.cu_seqlens_q.tolist(), layout.cu_seqlens_k.tolist(), strict=True)
    start = first_key = 0
    for place, (end, end_key) in enumerate(bounds):
        if place and end > start:
            n, n_keys = min(end - start, layout.max_seqlen_q), min(end_key - first_key, layout.max_seqlen_k)
            mask = torch.ones(n, n_keys, dtype=torch.bool).tril(n_keys - n)
            key, value = (repeated(x[first_key : first_key + n_keys], q.shape[1]).transpose(0, 1) for x in (k, v))
            mixed = scaled_dot_product_attention(
                q[start : start + n].transpose(0, 1), key, value, attn_mask=mask, scale=scale
            )
            out[start : start + n] = mixed.transpose(0, 1)
        start, first_key = end, end_key
    return out


VARLEN = Attention("flash", varlen_on_cpu, takes_prefix=True, takes_empty=True, reason="a fake")
FAKE_CARD = Accelerator(CPU, "other", "a fake card", has_bfloat16=True)


class FakeGraphs:
    """Graphs whose replay runs the recorded work again, over the static inputs, into the recorded result."""

    def __init__(self) -> None:
        self.n_captured = 0
        self.n_replayed = 0

    def capture(self, work: Callable[[], torch.Tensor]) -> tuple[Callable[[], None], torch.Tensor]:
        self.n_captured += 1
        result = torch.full_like(work(), float("nan"))

        def replay() -> None:
            self.n_replayed += 1
            result.copy_(work())

        return replay, result


class BrokenGraphs:
    """Graphs that can't be recorded."""

    def capture(self, _: Any) -> Any:
        raise RuntimeError("operation not permitted when stream is capturing")
