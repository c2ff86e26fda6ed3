"""One batch in the forward pass: begun, then ended; its embeddings delivered to the requests they belong to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from qwen3_embed_integrations.core.errors import copy_exception
from qwen3_embed_integrations.core.packing import pack
from qwen3_embed_integrations.core.protocols import Forward, PipelinedForward
from qwen3_embed_integrations.core.types import FloatArray

from .batch_choice import Batch
from .give_way import GiveWay
from .pending_request import observed_forward


class Computation:
    """One batch in the forward pass.

    Args:
        batch: Each sequence with its request; all of one prefix.
        forward: Computes it. One that is pipelined starts at `begin`, while the batch before is not yet collected; any
            other computes at `end`.
        way: The time it takes by itself.
        observed_of: Most tokens that the batch could have held, if its requests may be observed; None if none is.

    Attributes:
        batch: As above.
        n_tokens: Tokens of the batch, its prefix excluded.
        is_ahead: Whether the device computes it already, so that the next batch may begin before this one ends.
        too_large: Why it didn't fit into memory; "" if it did.
    """

    def __init__(self, batch: Batch, forward: Forward, way: GiveWay, observed_of: int | None) -> None:
        self.batch = batch
        self.n_tokens = 0
        self.is_ahead = False
        self.too_large = ""
        self._taken_s = 0.0
        self._forward = forward
        self._way = way
        self._observed_of = observed_of
        self._collect: Callable[[], FloatArray] | None = None
        self._observation: AbstractContextManager[None] = nullcontext()

    def begin(self) -> None:
        """Pack the batch; start it if the forward pass is pipelined."""
        self._guarded(self._start)

    def end(self) -> float | None:
        """Deliver the embeddings, or the error; return the seconds that the batch took if it succeeded.

        If the batch didn't fit into memory nothing is delivered: `too_large` says why. It is to be read when this has
        returned: until its except block ends, the error keeps the failed batch's activations alive.
        """
        done = self._collect is not None and self._guarded(self._finish)
        return self._taken_s if done else None

    def _start(self) -> None:
        packed = pack([sequence.ids for _, sequence in self.batch], self.batch[0][1].prefix)
        self.n_tokens = len(packed.input_ids)
        if self._observed_of is not None:
            self._observation = observed_forward(self.batch, self._observed_of)
        if isinstance(self._forward, PipelinedForward):
            self._collect = self._forward.submit(packed)
            self.is_ahead = True
        else:
            self._collect = partial(self._forward, packed)

    def _finish(self) -> None:
        collect, self._collect = self._collect, None
        if collect is None:
            return
        with self._observation:
            embeddings = collect()
        self._taken_s = self._way.seconds()
        _deliver(self.batch, embeddings)

    def _guarded(self, work: Callable[[], None]) -> bool:
        """Run `work`; keep that the batch is too large, and deliver any other error. Return whether it succeeded."""
        try:
            work()
        except MemoryError as error:
            self.too_large = str(error) or "out of memory"
        except BaseException as error:  # noqa: BLE001 - delivered to the callers of this batch
            pending_requests = {id(pending): pending for pending, _ in self.batch}.values()
            for pending in pending_requests:
                pending.fail(copy_exception(error) if len(pending_requests) > 1 else error)
        else:
            return True
        self._collect = None
        return False


def _deliver(batch: Batch, embeddings: FloatArray) -> None:
    """Store embeddings, `[n, hidden_size]`, in the requests of the batch."""
    by_request: dict[int, list[int]] = {}
    for place, (pending, _) in enumerate(batch):
        by_request.setdefault(id(pending), []).append(place)
    for places in by_request.values():
        pending = batch[places[0]][0]
        try:
            pending.store([batch[place][1] for place in places], embeddings[places])
        except Exception as error:  # noqa: BLE001 - raised by the caller's progress callback
            pending.fail(error)


def fail_single_text(batch: Batch, reason: str) -> None:
    """Fail the request of a single text that doesn't fit into memory."""
    pending, sequence = batch[0]
    pending.fail(
        MemoryError(
            f"A single text of {sequence.length} tokens does not fit into memory ({reason}). "
            "Lower max_length, or use a smaller model or dtype."
        )
    )
