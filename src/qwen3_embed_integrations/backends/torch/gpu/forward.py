"""A packed batch → pooled embeddings on a GPU: submitted without waiting, collected when its copy has arrived."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
import torch

from qwen3_embed_integrations.backends.prefix_cache import PrefixCache
from qwen3_embed_integrations.backends.torch.attention import PrefixStates
from qwen3_embed_integrations.backends.torch.device import empty_cache
from qwen3_embed_integrations.backends.torch.pooling import pool
from qwen3_embed_integrations.core.packing import PackedBatch, pack
from qwen3_embed_integrations.core.protocols import Streams
from qwen3_embed_integrations.core.types import FloatArray, IntArray

from .accelerator import current
from .attention import VarlenLayout
from .buffers import HostBuffers
from .graphs import MOST_NUMBERS, CudaGraphs, GraphApi, GraphCache
from .inputs import DeviceInputs, InputShape, write_inputs
from .load import GpuModel
from .model import GpuQwen3, SharedPrefix

logger = logging.getLogger(__name__)

_MANY = 8  # sequences above which a shared prefix saves more than its copies cost
_SHORT = 4  # times the prefix: texts that are longer on average gain little from sharing it
_USUAL_QUERY = 16  # tokens

T = TypeVar("T")
Collect = Callable[[], FloatArray]


class GpuForward:
    """A packed batch → pooled embeddings. Embeddings that overflow in 16 bits are computed again in float32.

    Args:
        model: The loaded model and what it runs on.
        graphs: What records small batches; None for none, as on anything but NVIDIA's cards.
    """

    def __init__(self, model: GpuModel, graphs: GraphApi | None = None) -> None:
        self._model = model
        self._device = model.accelerator.device
        self.streams = Streams()
        self._buffers = HostBuffers(is_pinned=self._device.type == "cuda")
        no_prefix: PrefixStates = ()
        self._prefixes = PrefixCache(self._prefix_states, no_prefix)
        usable = model.attention.takes_empty and model.pooling == "lasttoken" and isinstance(model.runs, GpuQwen3)
        if graphs is None and self._device.type == "cuda" and torch.version.hip is None:
            graphs = CudaGraphs()
        self._graphs = GraphCache(self._embed, self._device, graphs) if graphs is not None and usable else None

    def __call__(self, batch: PackedBatch) -> FloatArray:
        """Return the embeddings, `[n, hidden_size]` float32; one may still be non-finite, which the caller checks.

        Raises:
            MemoryError: The batch doesn't fit into the device's memory.
        """
        return self.submit(batch)()

    def submit(self, batch: PackedBatch) -> Collect:
        """Start computing a batch; return what waits for its embeddings. One thread submits, in order.

        Raises:
            MemoryError: The batch doesn't fit into the device's memory.
        """
        finish = self._guarded(partial(self._launch, batch))

        def collect() -> FloatArray:
            embeddings = self._guarded(finish)
            bad = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
            if bad.size and self._model.dtype != torch.float32:
                self._compute_again(batch, bad, embeddings)
            return embeddings

        return collect

    def warm_up(self, prefix: tuple[int, ...]) -> None:
        """Compute a short query, so that the first call doesn't wait for kernels, workspaces and the first graph."""
        for _ in range(2 if self._graphs is not None else 1):
            self(pack([[0] * _USUAL_QUERY]))
        if prefix:
            self(pack([[0]] * (_MANY + 1), prefix))

    def _guarded(self, work: Callable[[], T]) -> T:
        """Run `work` on the device; raise MemoryError when its memory is used up.

        After the except block and without the error as context: its frames keep the batch's activations alive.
        """
        try:
            with current(self._device):
                return work()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).partition("\n")[0]
        empty_cache(self._device)
        raise MemoryError(reason)

    @torch.inference_mode()
    def _launch(self, batch: PackedBatch) -> Collect:
        """Launch a batch and the copy of its embeddings; return what waits for the copy."""
        if not self._shares(batch):
            batch = batch.without_prefix()
        shape = InputShape(len(batch.input_ids), len(batch.lengths), len(batch.prefix))
        host = self._buffers.take(max(shape.total, MOST_NUMBERS), torch.int64)
        embeddings = None
        if self._graphs is not None and not batch.prefix:
            embeddings = self._graphs(batch, host)
        if embeddings is None:
            write_inputs(batch, shape, host.numpy())
            inputs = DeviceInputs.of(host[: shape.total].to(self._device, non_blocking=True), shape)
            embeddings = self._embed(inputs, _layout(batch, inputs), self._shared(batch, inputs))
        return self._copied(embeddings, host)

    def _embed(self, inputs: DeviceInputs, layout: VarlenLayout, prefix: SharedPrefix | None = None) -> torch.Tensor:
        model, pooling = self._model, self._model.pooling
        wanted = inputs.wanted if pooling == "lasttoken" else None
        states = model.states(inputs.ids, inputs.positions, layout, wanted, prefix)
        return states if pooling == "lasttoken" else pool(states, inputs.cu_seqlens_q.long(), pooling)

    def _copied(self, embeddings: torch.Tensor, host: torch.Tensor) -> Collect:
        """Copy embeddings to the host without waiting; return what waits, then frees both buffers."""
        if self._device.type != "cuda":
            kept = embeddings.clone() if self._graphs is not None else embeddings  # a replay overwrites its result

            def finish_now() -> FloatArray:
                found: FloatArray = kept.cpu().numpy().copy()
                self._buffers.give_back(host)
                return found

            return finish_now
        target = self._buffers.take(embeddings.numel(), torch.float32)
        view = target[: embeddings.numel()].view(embeddings.shape)
        view.copy_(embeddings, non_blocking=True)
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        event.record()

        def finish() -> FloatArray:
            event.synchronize()
            found: FloatArray = view.numpy().copy()
            self._buffers.give_back(target)
            self._buffers.give_back(host)
            return found

        return finish

    def _shares(self, batch: PackedBatch) -> bool:
        """Return whether a batch's prefix is kept apart: its keys are then written before each sequence's own."""
        model, n = self._model, len(batch.lengths)
        able = model.attention.takes_prefix and model.pooling == "lasttoken" and isinstance(model.runs, GpuQwen3)
        return able and n > _MANY and len(batch.input_ids) < _SHORT * len(batch.prefix) * n

    def _shared(self, batch: PackedBatch, inputs: DeviceInputs) -> SharedPrefix | None:
        if inputs.places is None or inputs.starts is None:
            return None
        n_places = len(batch.input_ids) + len(batch.prefix) * len(batch.lengths)
        return SharedPrefix(self._prefixes(batch.prefix), inputs.places, inputs.starts, n_places)

    @torch.inference_mode()
    def _prefix_states(self, prefix: tuple[int, ...]) -> PrefixStates:
        """Compute the keys and values of a prefix's token ids."""
        if not isinstance(self._model.runs, GpuQwen3):
            raise TypeError("only GpuQwen3 keeps the keys and values of a prefix")
        bounds = torch.tensor([0, len(prefix)], dtype=torch.int32, device=self._device)
        ids = torch.tensor(prefix, device=self._device)
        return self._model.runs.keys_values(ids, VarlenLayout.of([len(prefix)], bounds))

    def _compute_again(self, batch: PackedBatch, bad: IntArray, embeddings: FloatArray) -> None:
        """Compute texts again in float32, one by one on the same weights: a second model may not fit."""
        logger.warning("%d embeddings overflowed in %s; computing them in float32", bad.size, self._model.dtype)
        whole = batch.without_prefix()
        for place in bad.tolist():
            ids = whole.input_ids[whole.cu_seqlens[place] : whole.cu_seqlens[place + 1]]
            try:
                embeddings[place] = self._guarded(partial(self._exact, pack([ids.tolist()])))[0]
            except MemoryError as error:
                raise MemoryError(f"{error}; in float32, after an overflow in {self._model.dtype}") from None

    @torch.inference_mode()
    def _exact(self, batch: PackedBatch) -> FloatArray:
        shape = InputShape(len(batch.input_ids), 1)
        host = torch.empty(shape.total, dtype=torch.int64)
        write_inputs(batch, shape, host.numpy())
        inputs = DeviceInputs.of(host.to(self._device), shape)
        wanted = inputs.wanted if self._model.pooling == "lasttoken" else None
        states = self._model.exact_states(inputs.ids, inputs.positions, _layout(batch, inputs), wanted)
        pooling = self._model.pooling
        found = states if pooling == "lasttoken" else pool(states, inputs.cu_seqlens_q.long(), pooling)
        pooled: FloatArray = found.cpu().numpy()
        return pooled


def _layout(batch: PackedBatch, inputs: DeviceInputs) -> VarlenLayout:
    lengths = tuple(batch.lengths.tolist())
    most = max(2, *lengths)  # see VarlenLayout.of
    return VarlenLayout(lengths, inputs.cu_seqlens_q, inputs.cu_seqlens_k, most, most + len(batch.prefix))


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether a device's memory is used up; cuBLAS and MPS say so in words of their own."""
    said = str(error)
    known = ("CUBLAS_STATUS_ALLOC_FAILED", "out of memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(one in said for one in known)
