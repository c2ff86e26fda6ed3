"""The seam at text level: what the encoder asks of every backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Protocol

from .packing import PackedBatch
from .types import FloatArray, IntArray, RawEmbeddings

Forward = Callable[[PackedBatch], FloatArray]
"""The seam at token level: a packed batch of n sequences → `[n, width]` float32 pooled embeddings.

An embedding may come back non-finite; the caller refuses it. Out of memory is a MemoryError.
"""


@dataclass(frozen=True)
class Streams:
    """How many batches a forward pass takes side by side.

    Attributes:
        count: Threads that call it at once.
        enter: Called by such a thread before a batch with the number of those that share the machine: `count`, or 1
            when a batch is computed alone.
    """

    count: int = 1
    enter: Callable[[int], None] = lambda _: None


@dataclass(frozen=True)
class EmbedRequest:
    """One call's texts, prompts already in front of them.

    Attributes:
        texts: What to embed.
        max_length: Tokens, end token included.
        on_overflow: Cut a longer text, or fail with TextTooLongError.
        dimension: As many columns as the caller needs; a backend may give more. None: all of them.
        max_waiting: Calls that may wait for the model, this one included; None: any number.
        shared_prefix: What all texts begin with. A hint: it may change the speed, never an embedding.
        on_progress: Called with the number of texts done so far, from another thread.
    """

    texts: Sequence[str]
    max_length: int
    on_overflow: Literal["truncate", "error"] = "truncate"
    on_progress: Callable[[int], None] | None = None
    dimension: int | None = None
    max_waiting: int | None = None
    shared_prefix: str = ""


def wait_for(future: Future[RawEmbeddings]) -> RawEmbeddings:
    """Gives the future's result; who stops waiting cancels it."""
    try:
        return future.result()
    except BaseException:  # Ctrl-C too: nobody waits any more, so what is not yet computed need not be
        future.cancel()
        raise


class Backend(Protocol):
    """Text → raw embeddings. One instance serves every thread and every integration of the process."""

    def submit(self, request: EmbedRequest) -> Future[RawEmbeddings]:
        """Gives a future of the embeddings at once; cancelling it drops what is not yet computed.

        Raises:
            OverloadedError: As many calls as `max_waiting` wait already.
        """
        ...

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Gives each text's token ids, end token included, not truncated."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> IntArray:
        """Gives each text's length in tokens, end token included, `[n]`."""
        ...

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """Gives the vocabulary's entry of each id."""
        ...

    def close(self, *, discard: bool = False) -> None:
        """Compute what waits, then free the model.

        Args:
            discard: End as soon as what is being computed is done: the interpreter exits, and nobody waits for the
                rest.
        """
        ...

    def after_fork(self) -> None:
        """Makes itself usable in a forked child, where no thread of the parent lives on."""
        ...
