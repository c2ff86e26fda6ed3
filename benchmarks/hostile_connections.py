"""The server beside thousands of connections that send slowly, half or nothing: answers, memory, and what is closed.

python benchmarks/hostile_connections.py                       13,400 connections, a quarter of each kind
python benchmarks/hostile_connections.py --connections 200 --read-timeout 2

Everything stays on loopback. The kinds: silent (not a byte), slow headers and slow body (a byte a second), half-closed
(half a request, then the end of the client's side, at which the server closes: 10,050 of 13,400 stay open). Print one
line a figure; exit with 1 if an answer fails or takes longer than 5 seconds, or if connections are left when the
server's read timeout and 15 seconds have passed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Sequence

import httpx
import numpy as np
from serving import memory_mb, server

from qwen3_embed_integrations.server.connections import raise_file_limit

HEAD = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\n"
KINDS = {"silent": b"", "slow headers": HEAD, "slow body": HEAD + b"Content-Length: 999\r\n\r\n", "half-closed": HEAD}
LONGEST_ANSWER_S, GRACE_S = 5.0, 15.0
_AT_ONCE = 500


async def opened(host: str, port: int, kind: str) -> asyncio.StreamWriter:
    """Return a connection that has sent what its kind sends at once."""
    _, writer = await asyncio.open_connection(host, port)
    writer.write(KINDS[kind])
    if kind == "half-closed":
        writer.write_eof()
    return writer


async def trickle(writers: Sequence[asyncio.StreamWriter]) -> None:
    """Send a byte a second on each connection, until cancelled."""
    while True:
        for writer in writers:
            with contextlib.suppress(ConnectionError):
                writer.write(b"x")
        await asyncio.sleep(1)


def n_files(pid: int) -> int:
    """Return how many files and connections a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names only, ten thousand of them


async def answers(client: httpx.AsyncClient) -> list[float]:
    """Return the seconds that 50 answers take, one after another."""
    waits = []
    for number in range(50):
        start = time.perf_counter()
        (await client.post("/v1/embeddings", json={"input": f"text {number}"})).raise_for_status()
        waits.append(time.perf_counter() - start)
        await asyncio.sleep(0.1)
    return waits


def shown(waits: list[float]) -> str:
    """Return the median and the longest of waits."""
    return f"p50 {np.median(waits) * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms"


async def left(pid: int, n_before: int, end: float) -> int:
    """Return how many connections are open at `end`; return 0 as soon as there is none."""
    while (n_left := n_files(pid) - n_before) > 0 and time.perf_counter() < end:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.5)
    return max(0, n_left)


async def measure(model: str, n_connections: int, read_timeout_s: float) -> int:
    """Take the measurements; return the exit code."""
    raise_file_limit()
    with server(model, "--read-timeout-s", str(read_timeout_s)) as (url, pid):
        host, port = url.removeprefix("http://").split(":")
        async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
            print(f"alone: {shown(await answers(client))}, {memory_mb(pid):.0f} MB", flush=True)
            n_before, start = n_files(pid), time.perf_counter()
            kinds = [list(KINDS)[number % len(KINDS)] for number in range(n_connections)]
            writers = []
            for first in range(0, n_connections, _AT_ONCE):
                some = kinds[first : first + _AT_ONCE]
                writers += await asyncio.gather(*(opened(host, int(port), kind) for kind in some))
            n_open = n_files(pid) - n_before
            print(f"{n_open} connections open after {time.perf_counter() - start:.1f} s", flush=True)
            slow = [one for one, kind in zip(writers, kinds, strict=True) if kind.startswith("slow")]
            trickling = asyncio.create_task(trickle(slow))
            beside = await answers(client)
            print(f"beside them: {shown(beside)}, {memory_mb(pid):.0f} MB", flush=True)
            n_left = await left(pid, n_before, start + read_timeout_s + GRACE_S)
            print(f"{n_left} left {time.perf_counter() - start:.0f} s after the first, {memory_mb(pid):.0f} MB")
            trickling.cancel()
            after = await answers(client)
            print(f"after: {shown(after)}", flush=True)
        for writer in writers:
            writer.transport.abort()
    return 0 if max(*beside, *after) < LONGEST_ANSWER_S and not n_left else 1


def main() -> int:
    """Parse the arguments and take the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--connections", type=int, default=13_400)
    parser.add_argument("--read-timeout", type=float, default=30.0)
    arguments = parser.parse_args()
    return asyncio.run(measure(arguments.model, arguments.connections, arguments.read_timeout))


if __name__ == "__main__":
    sys.exit(main())
