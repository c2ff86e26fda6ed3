"""CUDA graphs of small batches: one launch instead of some 260, which is what a single query's time goes into.

A graph fixes every shape and every number that is not in a tensor, the bound of the lengths among them; so batches are
filled up to a bucket, and the bound is the bucket's. (A stale bound cost others their accuracy: transformers#45323.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from qwen3_embed_integrations.core.packing import PackedBatch

from .attention import VarlenLayout
from .inputs import DeviceInputs, InputShape, write_inputs

logger = logging.getLogger(__name__)

TOKENS = (16, 32, 64, 128, 256, 512)
"""Tokens of the buckets; larger batches hide their launches behind the products."""
SEQUENCES = (1, 16)

Work = Callable[[], torch.Tensor]
Run = Callable[[DeviceInputs, VarlenLayout], torch.Tensor]


class GraphApi(Protocol):
    """What records and replays launches."""

    def capture(self, work: Work) -> tuple[Callable[[], None], torch.Tensor]:
        """Record what `work` launches; return what replays it, and the tensor that each replay writes anew."""
        ...


class CudaGraphs:
    """torch's CUDA graphs, which share one memory pool: replays must not overlap."""

    def __init__(self) -> None:
        self._pool: Any = None

    def capture(self, work: Work) -> tuple[Callable[[], None], torch.Tensor]:
        """Record what `work` launches."""
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        graph = torch.cuda.CUDAGraph()
        # "global", the default, would fail when another thread of the program allocates meanwhile
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            result = work()
        return graph.replay, result


@dataclass
class _Recorded:
    """One bucket.

    Attributes:
        numbers: The inputs, on the device, which a replay reads.
        result: What a replay writes.
        replay: Launches everything.
    """

    numbers: torch.Tensor
    result: torch.Tensor
    replay: Callable[[], None]


class GraphCache:
    """Small batches → embeddings, by a graph for each bucket; a bucket is recorded when it is used again.

    Its first use runs without a graph, which compiles kernels and makes workspaces: neither may happen in a recording.

    Args:
        run: Inputs on the device and their layout → embeddings, `[n, hidden_size]` float32.
        device: Where it runs.
        api: What records and replays.
    """

    def __init__(self, run: Run, device: torch.device, api: GraphApi | None = None) -> None:
        self._run = run
        self._device = device
        self._api = api or CudaGraphs()
        self._recorded: dict[InputShape, _Recorded] = {}
        self._used: set[InputShape] = set()
        self._failed = False

    def __len__(self) -> int:
        return len(self._recorded)

    def __call__(self, batch: PackedBatch, host: torch.Tensor) -> torch.Tensor | None:
        """Return the embeddings, `[n, hidden_size]`, overwritten by the next replay; None to run without a graph.

        Args:
            batch: Without a prefix.
            host: Buffer for the inputs, at least `MOST_NUMBERS` int64; free again when the device has copied it.
        """
        shape = bucket_of(len(batch.input_ids), len(batch.lengths))
        if shape is None or self._failed:
            return None
        if shape not in self._used:
            self._used.add(shape)
            return None
        write_inputs(batch, shape, host.numpy())
        recorded = self._recorded.get(shape) or self._record(shape, host)
        if recorded is None:
            return None
        recorded.numbers.copy_(host[: shape.total], non_blocking=True)
        recorded.replay()
        return recorded.result[: len(batch.lengths)]

    def _record(self, shape: InputShape, host: torch.Tensor) -> _Recorded | None:
        """Record a bucket; give graphs up where that fails."""
        numbers = host[: shape.total].to(self._device, copy=True)

        def work() -> torch.Tensor:
            inputs = DeviceInputs.of(numbers, shape)
            bounds = inputs.cu_seqlens_q
            layout = VarlenLayout((), bounds, bounds, shape.n_tokens, shape.n_tokens)
            return self._run(inputs, layout)

        try:
            work()  # warms up kernels of this shape
            replay, result = self._api.capture(work)
        except RuntimeError as error:
            self._failed = True
            logger.warning("CUDA graphs are off: recording failed (%s)", str(error).partition("\n")[0])
            return None
        self._recorded[shape] = _Recorded(numbers, result, replay)
        return self._recorded[shape]


def bucket_of(n_tokens: int, n_sequences: int) -> InputShape | None:
    """Return the smallest bucket that holds a batch; None if none does."""
    tokens = next((most for most in TOKENS if n_tokens <= most), None)
    sequences = next((most for most in SEQUENCES if n_sequences <= most), None)
    return None if tokens is None or sequences is None else InputShape(tokens, sequences)


MOST_NUMBERS = InputShape(TOKENS[-1], SEQUENCES[-1]).total
"""Numbers of the largest bucket."""
