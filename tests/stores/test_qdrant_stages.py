"""First stages of Qdrant: what the server is asked for. Local mode keeps no codes, so a recording server stands in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from qdrant_client import QdrantClient

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores import QdrantHandle, add_documents

CODES = {
    "int8": {"scalar": {"type": "int8", "quantile": 0.99, "always_ram": True}},
    "binary": {"binary": {"always_ram": True}},
}


class Server(BaseHTTPRequestHandler):
    """Keeps the configuration of one collection and what it is asked; it finds nothing."""

    asked: list[tuple[str, str, Any]]
    vectors: dict[str, Any]

    def _answer(self, method: str) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        self.asked.append((method, self.path, body))
        if method == "PUT":
            self.vectors.update(body["vectors"])
        result: Any = {"points": []} if self.path.endswith("/query") else True
        if method == "GET":
            params = {"vectors": self.vectors, "shard_number": 1, "replication_factor": 1, "on_disk_payload": True}
            optimizer = {"deleted_threshold": 0.2, "vacuum_min_vector_number": 1000, "default_segment_number": 0}
            hnsw = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000}
            config = {"params": params, "hnsw_config": hnsw, "optimizer_config": {**optimizer, "flush_interval_sec": 5}}
            result = {"status": "green", "optimizer_status": "ok", "segments_count": 1, "points_count": 0}
            result |= {"config": config, "payload_schema": {}}
        content = json.dumps({"result": result, "status": "ok", "time": 0}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self._answer("GET")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def remote() -> Iterator[tuple[QdrantHandle, list[tuple[str, str, Any]]]]:
    kind = type("Recording", (Server,), {"asked": [], "vectors": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = QdrantClient(f"http://127.0.0.1:{server.server_port}", check_compatibility=False)
    yield QdrantHandle(client, "docs"), kind.asked
    client.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("first", CODES)
def test_codes_are_made_by_the_server_and_ranked_again_by_whole_vectors(remote: Any, first: Any) -> None:
    handle, asked = remote
    handle.create(64, first=first)
    ((method, path, body),) = asked
    assert (method, path) == ("PUT", "/collections/docs")
    assert body["vectors"]["quantization_config"] == CODES[first]
    assert (body["vectors"]["size"], body["vectors"]["distance"], body["vectors"]["on_disk"]) == (64, "Cosine", True)
    handle.search(np.ones(64, dtype=np.float32), 5, first=first, widen=7)
    _, path, body = asked[-1]
    assert path == "/collections/docs/points/query"
    assert body["params"]["quantization"] == {"ignore": False, "rescore": True, "oversampling": 7.0}
    assert (body["limit"], body.get("prefetch")) == (5, None)


def test_codes_that_are_not_there_are_said(remote: Any) -> None:
    handle, _ = remote
    handle.create(64, first="int8")
    with pytest.raises(ConfigError, match=r"no first stage 'binary' \(its quantization is ScalarQuantization\)"):
        handle.search(np.ones(64, dtype=np.float32), first="binary")


@pytest.mark.parametrize("first", CODES)
def test_local_mode_ranks_by_whole_vectors(qdrant: Any, encoder: Any, first: Any) -> None:
    handle = QdrantHandle(qdrant, "docs")
    handle.create(64, first=first)
    texts = [f"text {i}" for i in range(50)]
    add_documents(handle, texts, texts, encoder=encoder)
    query = encoder.encode_query(["text 7"])[0]
    exact = np.argsort(-(encoder.encode_document(texts) @ query))[:10]
    assert [hit.id for hit in handle.search(query, first=first)] == [texts[i] for i in exact]
