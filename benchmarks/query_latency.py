"""Queries beside bulk work: how long a query waits alone and while documents are embedded, and what documents lose.

python benchmarks/query_latency.py                    the bundled model
python benchmarks/query_latency.py --shape 0.6B       random weights of Qwen3-Embedding-0.6B's shape
python benchmarks/query_latency.py --served           by HTTP, the server in a process of its own

Print one line a figure. Exit with 1 where a target is missed: p50 at most 3 times, p99 at most 6 times that of a query
alone, a stall of the event loop below 20 ms, and documents that lose at most 15 % of their rate. Served, the stall is
the longest time to an answer of /health, asked every 5 ms: the server's event loop gives it, and this process waits for
it beside the same work.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command sets it; OpenMP reads it when torch loads

import numpy as np
from concurrency import StallWatch, shaped_folder, texts_of
from serving import Connection, as_request, server

from qwen3_embed_integrations import Qwen3Encoder

TARGETS = {"p50": 3.0, "p99": 6.0}
MOST_STALL_MS, MOST_LOSS = 20.0, 0.15


class InProcess:
    """Queries and documents by the encoder's own async calls."""

    def __init__(self, encoder: Qwen3Encoder) -> None:
        self._encoder = encoder

    async def query(self, text: str) -> None:
        """Embed a query."""
        await self._encoder.aencode_query([text])

    async def documents(self, texts: list[str]) -> None:
        """Embed documents in one call."""
        await self._encoder.aencode_document(texts)

    def watch(self) -> StallWatch:
        """Return what measures the stalls of this event loop."""
        return StallWatch()


class ByHttp:
    """Queries and documents by HTTP, on a connection each."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queries, self._documents = Connection(url), Connection(url)

    async def query(self, text: str) -> None:
        """Embed a query."""
        await self._queries.ask(as_request({"input": text, "input_type": "query", "encoding_format": "base64"}))

    async def documents(self, texts: list[str]) -> None:
        """Embed documents in requests of as many as the server takes."""
        for first in range(0, len(texts), 2048):
            await self._documents.ask(as_request({"input": texts[first : first + 2048], "encoding_format": "base64"}))

    def watch(self) -> StallWatch:
        """Return what measures the answers of /health."""
        return HealthWatch(Connection(self._url))


class HealthWatch(StallWatch):
    """Measure how long the server takes to answer /health."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    async def _watch(self) -> None:
        while True:
            start = time.perf_counter()
            await self._connection.ask(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.stalls.append(time.perf_counter() - start)
            await asyncio.sleep(0.005)


Asked = InProcess | ByHttp


async def waits_of_queries(
    asked: Asked, pause_s: float, seconds: float, until: asyncio.Task[object] | None
) -> list[float]:
    """Return the seconds that queries take, one after another with a pause between them."""
    waits: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end and not (until and until.done()):
        await asyncio.sleep(pause_s)
        start = time.perf_counter()
        await asked.query(f"query {len(waits)} of a person who waits")
        waits.append(time.perf_counter() - start)
    return waits


async def rate_of(asked: Asked, documents: list[str]) -> float:
    """Return documents a second."""
    start = time.perf_counter()
    await asked.documents(documents)
    return len(documents) / (time.perf_counter() - start)


async def take(asked: Asked, n_documents: int, seconds: float, pause_s: float) -> int:
    """Take the measurements; return the exit code."""
    documents = texts_of(n_documents, (40, 160), seed=3)
    await asked.documents(documents[:64])
    alone = await waits_of_queries(asked, pause_s, min(seconds, 10), None)
    p50, p99 = np.percentile(alone, [50, 99]) * 1000
    print(f"alone: {len(alone)} queries, p50 {p50:.1f} ms, p99 {p99:.1f} ms", flush=True)
    await asyncio.sleep(11)  # the batcher expects no more queries
    rate = await rate_of(asked, documents)
    print(f"documents alone: {rate:.1f} a second", flush=True)
    work = asyncio.create_task(rate_of(asked, documents))
    async with asked.watch() as watch:
        beside = await waits_of_queries(asked, pause_s, 600, work)
    rate_beside = await work
    b50, b99 = np.percentile(beside, [50, 99]) * 1000
    stall, loss = max(watch.stalls) * 1000, 1 - rate_beside / rate
    print(f"beside documents: {len(beside)} queries, p50 {b50:.1f} ms, p99 {b99:.1f} ms")
    print(f"times as long as alone: p50 {b50 / p50:.1f}, p99 {b99 / p99:.1f}")
    print(f"longest stall of the event loop: {stall:.1f} ms (p99 {np.percentile(watch.stalls, 99) * 1000:.1f})")
    share = len(beside) * p50 / 1000 * rate_beside / n_documents
    print(f"documents beside queries: {rate_beside:.1f} a second, {loss:.0%} less; the queries alone take {share:.0%}")
    good = b50 <= TARGETS["p50"] * p50 and b99 <= TARGETS["p99"] * p99 and stall < MOST_STALL_MS and loss <= MOST_LOSS
    return 0 if good else 1


def main() -> int:
    """Parse the arguments and take the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--shape", choices=["0.6B"])
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--plan", default="auto")
    parser.add_argument("--served", action="store_true")
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--pause", type=float, default=0.05, help="seconds between an answer and the next query")
    parser.add_argument("--seconds", type=float, default=10.0, help="time of the queries alone")
    arguments = parser.parse_args()
    model = str(shaped_folder()) if arguments.shape else arguments.model
    if arguments.served:
        with server(model, "--dtype", arguments.dtype, "--plan", arguments.plan) as (url, _):
            return asyncio.run(take(ByHttp(url), arguments.documents, arguments.seconds, arguments.pause))
    encoder = Qwen3Encoder(model=model, dtype=arguments.dtype, plan=arguments.plan).load()
    return asyncio.run(take(InProcess(encoder), arguments.documents, arguments.seconds, arguments.pause))


if __name__ == "__main__":
    sys.exit(main())
