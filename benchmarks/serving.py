"""The server under load: throughput and waits of concurrent clients beside the bare encoder, and memory.

python benchmarks/serving.py                              the bundled model
python benchmarks/serving.py --shape 0.6B --kind "single queries" --seconds 40    random weights of the 0.6B's shape
python benchmarks/serving.py --requests 100000            memory over as many requests
python benchmarks/serving.py --at http://127.0.0.1:7997 --name MODEL    another server that speaks OpenAI's format

Print one line a figure. The server is a process of its own; the clients share this one. The bare encoder has all
processors, the server only what the clients leave, so its share is given of both.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
from concurrency import shaped_folder, texts_of

from qwen3_embed_integrations import Qwen3Encoder

Body = dict[str, object]
N_CLIENTS = 64
QUERIES = "single queries"
KINDS = (QUERIES, "batches of 32")
N_PROCESSORS = len(os.sched_getaffinity(0))


@contextlib.contextmanager
def server(model: str, *more: str) -> Iterator[tuple[str, int]]:
    """Run the server with `more` options; return its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qwen3_embed_integrations", "serve", "--model", model, "--port", str(port), *more]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen([*command, "--max-queued-requests", "20000"], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not is_ready(url):
            time.sleep(0.1)
        try:
            yield url, process.pid
        finally:
            process.terminate()


def is_ready(url: str) -> bool:
    """Tell whether the server answers and has its model."""
    try:
        return httpx.get(f"{url}/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False


def memory_mb(pid: int | str) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


class Connection:
    """A kept connection, opened at the first request.

    A bare socket: 64 clients of an HTTP library take more of two processors than the server does.
    """

    def __init__(self, url: str) -> None:
        self._host, self._port = url.removeprefix("http://").split(":")
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> None:
        """Send a request and read its answer; raise RuntimeError unless it is 200."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, int(self._port), limit=1 << 22)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))  # type: ignore[index]
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())

    def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()


async def load(url: str, bodies: list[Body], seconds: float) -> tuple[float, list[float]]:
    """Let 64 clients ask one request after another; return texts a second and the waits."""
    waits: list[float] = []
    requests = [(as_request(body), 1 if isinstance(body["input"], str) else len(body["input"])) for body in bodies]  # type: ignore[arg-type]
    n_texts, end = 0, time.perf_counter() + seconds

    async def ask(number: int) -> None:
        nonlocal n_texts
        connection = Connection(url)
        while time.perf_counter() < end:
            request, n_own = requests[number % len(requests)]
            start = time.perf_counter()
            await connection.ask(request)
            waits.append(time.perf_counter() - start)
            n_texts += n_own
            number += N_CLIENTS
        connection.close()

    start = time.perf_counter()
    await asyncio.gather(*map(ask, range(N_CLIENTS)))
    return n_texts / (time.perf_counter() - start), waits


def as_request(body: Body) -> bytes:
    """Return a request as it is sent."""
    content = json.dumps(body).encode()
    head = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(content) + content


async def bare(encoder: Qwen3Encoder, bodies: list[Body], seconds: float) -> float:
    """Return texts a second of the same calls in this process."""
    n_texts, end = 0, time.perf_counter() + seconds

    async def ask(number: int) -> None:
        nonlocal n_texts
        while time.perf_counter() < end:
            given = bodies[number % len(bodies)]["input"]
            if isinstance(given, str):
                await encoder.aencode_query([given])
                n_texts += 1
            else:
                await encoder.aencode_document(given)  # type: ignore[arg-type]
                n_texts += len(given)  # type: ignore[arg-type]
            number += N_CLIENTS

    start = time.perf_counter()
    await asyncio.gather(*map(ask, range(N_CLIENTS)))
    return n_texts / (time.perf_counter() - start)


def workloads(name: str | None = None, kind: str | None = None) -> dict[str, list[Body]]:
    """Return the requests of the clients by kind.

    Args:
        name: The model that they name; None for none.
        kind: The only kind to return; None for all.
    """
    more: Body = {"encoding_format": "base64", **({"model": name} if name else {})}
    queries: list[Body] = [{"input": text, "input_type": "query", **more} for text in texts_of(2000, (3, 12), 1)]
    many = texts_of(4000, (40, 160), 2)
    batches: list[Body] = [{"input": many[i : i + 32], **more} for i in range(0, len(many), 32)]
    return {one: bodies for one, bodies in zip(KINDS, (queries, batches), strict=True) if kind in {None, one}}


async def rate_at(url: str, kind: str, bodies: list[Body], seconds: float, alone: float | None = None) -> None:
    """Print texts a second of a server, and its share of those of the bare encoder."""
    before = time.process_time()
    rate, waits = await load(url, bodies, seconds)
    left = 1 - (time.process_time() - before) / seconds / N_PROCESSORS
    p50, p99 = np.percentile(waits, [50, 99]) * 1000
    print(f"{N_CLIENTS} clients, {kind}: {rate:.1f} texts/s; p50 {p50:.0f} ms, p99 {p99:.0f} ms", flush=True)
    if alone is not None:
        share = rate / alone
        print(f"  {share:.2f} of the bare encoder's {alone:.1f}, {share / left:.2f} with {left:.0%} of the processors,")
        print("  which is what the clients leave", flush=True)


async def measure(model: str, seconds: float, n_requests: int, kind: str | None) -> None:
    """Take all measurements of our server, or those of one kind of request."""
    kinds = workloads(kind=kind)
    encoder = Qwen3Encoder(model=model).load()
    rates = {one: await bare(encoder, bodies, seconds) for one, bodies in kinds.items() if seconds}
    encoder.unload()
    with server(model) as (url, pid):
        for one, rate in rates.items():
            await rate_at(url, one, kinds[one], seconds, rate)
        if n_requests:
            await memory_over(url, pid, workloads()[QUERIES], n_requests)


async def measure_other(url: str, name: str | None, seconds: float, kind: str | None) -> None:
    """Take the measurements of a server that runs already."""
    for one, bodies in workloads(name, kind).items():
        await rate_at(url, one, bodies, seconds)


async def memory_over(url: str, pid: int, bodies: list[Body], n_requests: int) -> None:
    """Print the server's memory before, in the middle of and after many requests."""
    done, shown = 0, [memory_mb(pid)]
    while done < n_requests:
        _, waits = await load(url, bodies, 5)
        done += len(waits)
        shown.append(memory_mb(pid))
    print(f"memory over {done} requests: {', '.join(f'{one:.0f}' for one in shown)} MB", flush=True)


def main() -> None:
    """Parse the arguments and take the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--shape", choices=["0.6B"])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, help="of request; both without it")
    parser.add_argument("--at", metavar="URL", help="measure the server that listens there")
    parser.add_argument("--name", help="its model")
    arguments = parser.parse_args()
    model = str(shaped_folder()) if arguments.shape else arguments.model
    if arguments.at:
        asyncio.run(measure_other(arguments.at, arguments.name, arguments.seconds, arguments.kind))
    else:
        asyncio.run(measure(model, arguments.seconds, arguments.requests, arguments.kind))


if __name__ == "__main__":
    main()
