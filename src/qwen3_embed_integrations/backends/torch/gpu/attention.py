"""Causal attention over packed sequences on a GPU: the kernels, and the choice between them by one trial call.

A trial says what a version or a signature can't: whether the kernel runs on this card, in this dtype, with this number
of heads, and returns the right numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch.nn.functional import scaled_dot_product_attention

from .padding import pad_into_buckets

logger = logging.getLogger(__name__)

_TOP_LEFT, _BOTTOM_RIGHT = 1, 2  # causal masks of _efficient_attention_forward
_MPS_EXACT_FROM = 2048  # tokens: bfloat16 attention of longer texts loses precision on MPS (pytorch#190791)
_TOLERANCE = 4e-2  # of 16-bit attention of normal values against float32
_TRIED = (3, 17, 1)  # lengths of the trial's sequences
_TRIED_PREFIX = 5


@dataclass(frozen=True)
class VarlenLayout:
    """The positions of the sequences in a packed batch on a device.

    Attributes:
        lengths: Length of each sequence in tokens, prefix excluded; on the host.
        cu_seqlens_q: `[n + 1]` int32, the start of each sequence's queries and the end of the last.
        cu_seqlens_k: `[n + 1]` int32, the same of its keys; longer than the queries by a shared prefix.
        max_seqlen_q: At least the most queries of a sequence.
        max_seqlen_k: At least the most keys of a sequence.
    """

    lengths: tuple[int, ...]
    cu_seqlens_q: torch.Tensor
    cu_seqlens_k: torch.Tensor
    max_seqlen_q: int
    max_seqlen_k: int

    @classmethod
    def of(cls, lengths: Sequence[int], cu_seqlens: torch.Tensor) -> VarlenLayout:
        """Return the layout of sequences without a prefix; `cu_seqlens` is `[n + 1]` int32 on the device.

        The bound of the lengths is at least 2: at 1 flash attention takes a path of its own, which drops the mask.
        """
        most = max(2, *lengths)
        return cls(tuple(lengths), cu_seqlens, cu_seqlens, most, most)

    def behind(self, n_prefix: int) -> VarlenLayout:
        """Return the layout of the same queries behind `n_prefix` keys each."""
        places = torch.arange(len(self.cu_seqlens_q), dtype=torch.int32, device=self.cu_seqlens_q.device)
        return VarlenLayout(
            self.lengths,
            self.cu_seqlens_q,
            self.cu_seqlens_q + n_prefix * places,
            self.max_seqlen_q,
            self.max_seqlen_k + n_prefix,
        )

    @cached_property
    def padding(self) -> list[tuple[torch.Tensor, torch.Tensor, int, int]]:
        """How the sequences fill padded buckets, see `pad_into_buckets`; the same for every layer."""
        return pad_into_buckets(self.lengths, self.cu_seqlens_q.device)


Kernel = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, float, VarlenLayout], torch.Tensor]
"""Queries `[tokens, heads, head_dim]`, keys and values `[rows, kv heads, head_dim]`, scale, layout → `[tokens, …]`."""


@dataclass(frozen=True)
class Attention:
    """A kernel that runs here.

    Attributes:
        name: Its key in `KERNELS`.
        kernel: Computes attention.
        takes_prefix: Whether a sequence's keys may be more than its queries.
        takes_empty: Whether a sequence may have no tokens, as in a CUDA graph of more sequences than a batch has.
        reason: Why it was chosen.
    """

    name: str
    kernel: Kernel
    takes_prefix: bool = False
    takes_empty: bool = False
    reason: str = ""


def flash(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float, layout: VarlenLayout) -> torch.Tensor:
    """Compute attention by torch's flash kernel, whose arguments are the same in torch 2.6 to 2.13.

    Fewer key heads than query heads need no flag, and packed texts are never split over blocks of keys, so an embedding
    doesn't depend on the rest of the batch.
    """
    out: torch.Tensor = torch.ops.aten._flash_attention_forward(  # noqa: SLF001 - torch's own name
        *(q, k, v, layout.cu_seqlens_q, layout.cu_seqlens_k, layout.max_seqlen_q, layout.max_seqlen_k),
        *(0.0, True, False),
        scale=scale,
    )[0]
    return out


def flash_repeated(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float, layout: VarlenLayout
) -> torch.Tensor:
    """Compute attention by the flash kernel with as many key heads as query heads."""
    return flash(q, repeated(k, q.shape[1]), repeated(v, q.shape[1]), scale, layout)


def efficient(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float, layout: VarlenLayout) -> torch.Tensor:
    """Compute attention by torch's memory-efficient kernel, which runs before Ampere and in float32.

    It takes as many key heads as query heads: scaled_dot_product_attention's `enable_gqa` would fall to a kernel that
    stores all scores.
    """
    mask = _TOP_LEFT if layout.cu_seqlens_k is layout.cu_seqlens_q else _BOTTOM_RIGHT
    out: torch.Tensor = torch.ops.aten._efficient_attention_forward(  # noqa: SLF001 - torch's own name
        *(q[None], repeated(k, q.shape[1])[None], repeated(v, q.shape[1])[None], None),
        *(layout.cu_seqlens_q, layout.cu_seqlens_k, layout.max_seqlen_q, layout.max_seqlen_k),
        *(0.0, mask, False),
        scale=scale,
    )[0]
    return out[0]


def padded(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float, layout: VarlenLayout) -> torch.Tensor:
    """Compute attention by torch's dense kernel on texts of similar length, padded at their end.

    Causal attention of texts padded at the end needs no mask: no token sees a later one, and what pad tokens see is
    dropped. Runs on any device.
    """
    out = torch.zeros_like(q, memory_format=torch.contiguous_format)
    for source, kept, n, length in layout.padding:
        exact = q.device.type == "mps" and length > _MPS_EXACT_FROM
        wanted = torch.float32 if exact else q.dtype
        group = (repeated(x[source].to(wanted), q.shape[1]) for x in (q, k, v))
        query, key, value = (x.view(n, length, *x.shape[1:]).transpose(1, 2) for x in group)
        mixed = scaled_dot_product_attention(query, key, value, is_causal=True, scale=scale)
        out[source[kept]] = mixed.transpose(1, 2).reshape(n * length, *q.shape[1:])[kept].to(q.dtype)
    return out


def repeated(heads: torch.Tensor, n_queries: int) -> torch.Tensor:
    """Return keys or values with each head repeated for the query heads that share it."""
    n_tokens, n_heads, width = heads.shape
    if n_heads == n_queries:
        return heads
    return heads[:, :, None].expand(-1, -1, n_queries // n_heads, -1).reshape(n_tokens, n_queries, width)


KERNELS: dict[str, Kernel] = {
    "flash": flash,
    "flash_repeated": flash_repeated,
    "efficient": efficient,
    "padded": padded,
}


def choose_attention(  # noqa: PLR0913 - a device, a dtype and a model's heads
    names: Sequence[str],
    device: torch.device,
    dtype: torch.dtype,
    *,
    num_attention_heads: int,
    num_key_value_heads: int,
    head_dim: int,
) -> Attention:
    """Return the first kernel that runs here and returns the right numbers.

    Args:
        names: Keys of `KERNELS`, in the order to try them.
        device: Where it runs.
        dtype: Of queries, keys and values.
        num_attention_heads: Number of query heads.
        num_key_value_heads: Number of key and value heads.
        head_dim: Width of one head.

    Raises:
        RuntimeError: None of them runs.
    """
    heads = (num_attention_heads, num_key_value_heads, head_dim)
    refused: list[str] = []
    for name in names:
        reason = _trial(KERNELS[name], device, dtype, heads)
        if reason:
            refused.append(f"{name} ({reason})")
            continue
        why = f"attention by {name}: it ran and agreed with float32"
        return Attention(
            name,
            KERNELS[name],
            takes_prefix=not _trial(KERNELS[name], device, dtype, heads, n_prefix=_TRIED_PREFIX),
            takes_empty=not _trial(KERNELS[name], device, dtype, heads, n_empty=2) and name != "padded",
            reason=f"{why}; not {'; '.join(refused)}" if refused else why,
        )
    raise RuntimeError(f"no attention kernel runs on {device} in {dtype}: {'; '.join(refused)}")


@torch.inference_mode()
def _trial(  # noqa: PLR0913 - a kernel, its inputs and two variants
    kernel: Kernel,
    device: torch.device,
    dtype: torch.dtype,
    heads: tuple[int, int, int],
    *,
    n_prefix: int = 0,
    n_empty: int = 0,
) -> str:
    """Run a kernel on three short sequences; return what is wrong with it, "" if nothing is."""
    n_queries, n_keys, width = heads
    random = torch.Generator().manual_seed(0)
    n_tokens = sum(_TRIED)
    q = torch.randn(n_tokens, n_queries, width, generator=random)
    k, v = torch.randn(2, n_tokens + n_prefix * len(_TRIED), n_keys, width, generator=random)
    bounds = torch.tensor([0, *_TRIED, *[0] * n_empty]).cumsum(0).to(device, torch.int32)
    layout = VarlenLayout.of([*_TRIED, *[0] * n_empty], bounds)
    layout = layout.behind(n_prefix) if n_prefix else layout
    scale = width**-0.5
    try:
        found = kernel(q.to(device, dtype), k.to(device, dtype), v.to(device, dtype), scale, layout).float().cpu()
    except Exception as error:  # noqa: BLE001 - whatever a missing kernel raises: the next one is tried
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    expected = _plain(q, repeated(k, n_queries), repeated(v, n_queries), scale, n_prefix)
    difference = float((found - expected).abs().max())
    return "" if difference <= _TOLERANCE else f"it differs from float32 by {difference:.1e}"


def _plain(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float, n_prefix: int) -> torch.Tensor:
    """Compute the trial's attention in float32 on the CPU, one sequence after the other."""
    parts, at, row = [], 0, 0
    for length in _TRIED:
        own, seen = q[at : at + length], slice(row, row + n_prefix + length)
        mask = torch.ones(length, n_prefix + length, dtype=torch.bool).tril(n_prefix)
        query, key, value = (x.transpose(0, 1) for x in (own, k[seen], v[seen]))
        parts.append(scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scale).transpose(0, 1))
        at, row = at + length, row + n_prefix + length
    return torch.cat(parts)
