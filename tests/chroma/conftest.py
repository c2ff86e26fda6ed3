"""Real Chroma clients: a directory, memory, and a server of its own process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import chromadb
import httpx
import pytest
from chromadb.api import ClientAPI

from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction


@pytest.fixture
def client(tmp_path: Path) -> ClientAPI:
    return chromadb.PersistentClient(str(tmp_path / "store"))


@pytest.fixture
def function(checkpoint: Path) -> Qwen3EmbeddingFunction:
    return Qwen3EmbeddingFunction(model=str(checkpoint))


@pytest.fixture(scope="session")
def server_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """`chroma run` on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    run = "from chromadb.cli.cli import app; app()"
    folder = tmp_path_factory.mktemp("server")
    command = [sys.executable, "-c", run, "run", "--path", str(folder), "--port", str(port)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own interpreter
            command, stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait_until_up(port, process)
            yield port
        finally:
            process.terminate()


def _wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/v2/heartbeat").raise_for_status()
        except httpx.HTTPError:
            if process.poll() is not None:
                raise RuntimeError(f"chroma run ended with {process.returncode}.") from None
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("chroma run did not answer within a minute.")
