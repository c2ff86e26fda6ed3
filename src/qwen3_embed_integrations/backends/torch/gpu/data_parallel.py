"""One model on several GPUs: one thread and one copy of the weights each."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from qwen3_embed_integrations.core.packing import PackedBatch
from qwen3_embed_integrations.core.protocols import Streams
from qwen3_embed_integrations.core.types import FloatArray

from .forward import Collect, GpuForward


class DataParallelForward:
    """A packed batch → pooled embeddings, on the GPU of the thread that calls.

    A pass takes a few milliseconds of Python and some ten times that of the GPU, so threads of one process keep
    several GPUs busy.

    Args:
        forwards: One for each GPU, all of the same model.
    """

    def __init__(self, forwards: Sequence[GpuForward]) -> None:
        self._forwards = tuple(forwards)
        self._here = threading.local()
        self.streams = Streams(len(self._forwards), bind=self._bind, shares=False)

    def __call__(self, batch: PackedBatch) -> FloatArray:
        """Return the embeddings, `[n, hidden_size]` float32; raises as `GpuForward`."""
        return self.submit(batch)()

    def submit(self, batch: PackedBatch) -> Collect:
        """Start computing a batch; return what waits for its embeddings; raises as `GpuForward`."""
        return self._own().submit(batch)

    def warm_up(self, prefix: tuple[int, ...]) -> None:
        """Compute a short query on each GPU."""
        for forward in self._forwards:
            forward.warm_up(prefix)

    def _bind(self, stream: int) -> None:
        """Let the calling thread compute on the GPU of this number."""
        self._here.forward = self._forwards[stream]

    def _own(self) -> GpuForward:
        forward: GpuForward = getattr(self._here, "forward", self._forwards[0])
        return forward
