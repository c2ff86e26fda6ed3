"""What the parts of a call tell its observer: the seam of tracing. Nobody is told anything where nobody observes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class ObservedBatch:
    """Texts that are computed together: a forward pass, or a request to a server.

    Attributes:
        kind: "forward" or "request".
        n_texts: Texts of the batch.
        n_tokens: Their tokens, counted or estimated.
        max_tokens: Most tokens that the batch could have held.
        others: Observers of the other calls whose texts are in the batch.
    """

    kind: str
    n_texts: int
    n_tokens: int
    max_tokens: int
    others: tuple[CallObserver, ...] = ()


@dataclass
class HttpTry:
    """One try of a request.

    Attributes:
        headers: Headers to send with it, such as `traceparent`.
        status_code: Status of the answer; None until there is one.
    """

    headers: dict[str, str] = field(default_factory=dict)
    status_code: int | None = None


class CallObserver(Protocol):
    """Observes one call; its methods are called from any thread, also after the call was cancelled."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Observe a step of this call alone while the block runs: "load", "tokenize"."""
        ...

    def queued(self) -> None:
        """Note that texts of the call wait to be computed."""
        ...

    def dequeued(self) -> None:
        """Note that texts of the call are being computed; later calls change nothing."""
        ...

    def looked_up(self, n_hits: int, n_misses: int) -> None:
        """Note how many texts the cache had, and how many it had not."""
        ...

    def batch(self, batch: ObservedBatch) -> AbstractContextManager[None]:
        """Observe a batch with texts of this call while the block runs."""
        ...

    def http_try(self, url: str, n_failed: int) -> AbstractContextManager[HttpTry]:
        """Observe one try of a request, after `n_failed` tries that failed, while the block runs."""
        ...


def observed_step(observer: CallObserver | None, name: str) -> AbstractContextManager[None]:
    """Return `observer.step(name)`, or a block that does nothing where nobody observes."""
    return nullcontext() if observer is None else observer.step(name)


def observed_request(
    observer: CallObserver | None, n_texts: int, n_tokens: int, max_tokens: int
) -> AbstractContextManager[None]:
    """Observe a request to a server, all its tries together, while the block runs."""
    if observer is None:
        return nullcontext()
    return observer.batch(ObservedBatch("request", n_texts, n_tokens, max_tokens))


def observed_try(observer: CallObserver | None, url: str, n_failed: int) -> AbstractContextManager[HttpTry]:
    """Return `observer.http_try(…)`; where nobody observes, a try without further headers."""
    if observer is None:
        return nullcontext(HttpTry())
    observer.dequeued()
    return observer.http_try(url, n_failed)
