"""The server of `qwen3-embed serve` in this process, on a free port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.server.options import ServeOptions
from qwen3_embed_integrations.server.run import Server

HANG_S = 60  # ends a test that hangs; no verdict depends on it


class Served:
    """A running server.

    Attributes:
        server: The server itself.
        url: Its address, without a path.
        http: A client of it.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        host, port = server.address
        self.url = f"http://{host}:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=HANG_S, trust_env=False)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.http.post(path, json=body, headers=headers)

    def embeddings(self, **body: Any) -> list[list[float]]:
        found = self.post("/v1/embeddings", {"encoding_format": "float", **body})
        assert found.status_code == 200, found.text
        return [entry["embedding"] for entry in found.json()["data"]]


@contextmanager
def serving(config: EncoderConfig | None = None, **options: Any) -> Iterator[Served]:
    """Serve until the block ends, then drain."""
    server = Server(config or EncoderConfig(model="tiny"), ServeOptions(port=0, **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + HANG_S
    while not (server.started and server.service.models.is_ready):
        assert thread.is_alive(), server.service.models.failure
        assert time.monotonic() < end, "never ready"
        time.sleep(0.005)
    served = Served(server)
    try:
        yield served
    finally:
        served.http.close()
        server.should_exit = True
        thread.join(HANG_S)
