"""A real HTTP server that computes embeddings with the local encoder, and fails in the ways that a test asks for."""

from __future__ import annotations

import base64
import http.server
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.core.protocols import EmbedRequest

Fault = Callable[["Handler", dict[str, Any]], Any]
_AnyServer = TypeVar("_AnyServer", bound="Server")


class Server(http.server.ThreadingHTTPServer):
    """Serves a checkpoint; each request takes one of `faults`, then the server works.

    Attributes:
        requests: The (path, body) of every request, failed ones included.
        authorizations: The Authorization header of every request.
        peak: Largest number of requests under way at once.
        released: Set at the end, so that requests which hang until then can go.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, model: str, handler: type[Handler] | None = None, **options: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler or Handler)
        self.config = EncoderConfig(model=model)
        self.options = {"appends_end_token": True, "prompt": "", "max_texts": None, "delay_s": 0.0, **options}
        self.faults: deque[Fault] = deque()
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.authorizations: list[str | None] = []
        self.lock = threading.Lock()
        self.under_way = self.peak = 0
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def texts(self) -> list[list[Any]]:
        return [body.get("input", body.get("inputs")) for _, body in self.requests]

    def handle_error(self, *_: Any) -> None:
        """Print nothing about a client that went away."""

    def embeddings(self, inputs: list[Any]) -> tuple[np.ndarray, int]:
        """Return unit embeddings, and the number of tokens, as an engine does."""
        texts, extra = zip(*(self.read(one) for one in inputs), strict=True)
        raw = load_backend(self.config).submit(EmbedRequest(texts, 8192)).result()
        return raw.embeddings / np.linalg.norm(raw.embeddings, axis=1, keepdims=True), int((raw.n_tokens + extra).sum())

    def read(self, one: Any) -> tuple[str, int]:
        """Return the text whose embedding, end token included, is that of an input, and the difference in tokens.

        An embedding without end token, or with two of them, is the embedding of another text: which one does not
        matter.
        """
        if not isinstance(one, str):
            return self.text_of(one), 0
        ended, bare = one.endswith(END_TOKEN), self.options["prompt"] + one.removesuffix(END_TOKEN)
        if self.options["appends_end_token"]:
            return (f"{bare}⏹", 0) if ended else (bare, 0)
        return (bare, 0) if ended else (f"{bare}?", -2)

    def text_of(self, ids: list[int]) -> str:
        tokenizer = load_backend(self.config).tokenizer
        assert ids[-1] == tokenizer.end_id
        return tokenizer._tokenizer.decode(ids[:-1], skip_special_tokens=False)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.requests.append((self.path, body))
            server.authorizations.append(self.headers.get("Authorization"))
            server.under_way += 1
            server.peak = max(server.peak, server.under_way)
            fault = server.faults.popleft() if server.faults else None
        try:
            self.serve(body, fault)
        finally:
            with server.lock:
                server.under_way -= 1

    def serve(self, body: dict[str, Any], fault: Fault | None) -> None:
        time.sleep(self.server.options["delay_s"])
        answer = fault(self, body) if fault else self.answer(body)
        if answer is not None:
            self.reply(200, json.dumps(answer).encode())

    def answer(self, body: dict[str, Any]) -> Any:
        """Return the right answer; None after a refusal was sent."""
        inputs = body.get("input", body.get("inputs"))
        limit = self.server.options["max_texts"]
        if limit and len(inputs) > limit:
            return self.reply(
                422, json.dumps({"error": f"batch size {len(inputs)} > maximum allowed {limit}"}).encode()
            )
        embeddings, n_tokens = self.server.embeddings(inputs)
        if dimensions := body.get("dimensions"):
            embeddings = embeddings[:, :dimensions] / np.linalg.norm(embeddings[:, :dimensions], axis=1, keepdims=True)
        if self.path == "/embed":
            return embeddings.tolist()
        if self.path == "/api/embed":
            return {"embeddings": embeddings.tolist(), "prompt_eval_count": n_tokens}
        if self.path != "/v1/embeddings":
            return self.reply(404, b"no such path")
        packed = body["encoding_format"] == "base64"
        data = [
            {
                "index": i,
                "embedding": base64.b64encode(embedding.astype("<f4").tobytes()).decode()
                if packed
                else embedding.tolist(),
            }
            for i, embedding in enumerate(embeddings)
        ]
        return {"data": data, "model": body["model"], "usage": {"prompt_tokens": n_tokens}}

    def reply(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


# Faults: each takes the handler and the request's body; what it returns is sent as the answer.


def status(code: int, message: str = "no", **headers: str) -> Fault:
    return lambda handler, _: handler.reply(code, json.dumps({"error": {"message": message}}).encode(), **headers)


def reset(handler: Handler, _: Any) -> None:
    """Close the connection with RST."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def stall(seconds: float) -> Fault:
    def wait(handler: Handler, body: dict[str, Any]) -> Any:
        time.sleep(seconds)
        return handler.answer(body)

    return wait


def hang(handler: Handler, _: Any) -> None:
    """Send nothing until the test ends."""
    handler.server.released.wait()
    handler.close_connection = True


def slow_loris(handler: Handler, _: Any) -> None:
    """Send the start of a good answer, then a byte now and then until the test ends."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.released.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()
    handler.close_connection = True


def truncated(handler: Handler, body: dict[str, Any]) -> None:
    """Announce more bytes than are sent."""
    content = json.dumps(handler.answer(body)).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def literally(content: bytes) -> Fault:
    return lambda handler, _: handler.reply(200, content)


def encoded(content: bytes, encoding: str, code: int = 200) -> Fault:
    return lambda handler, _: handler.reply(code, content, Content_Encoding=encoding)


def changed(change: Callable[[list[dict[str, Any]]], Any]) -> Fault:
    """Change the list of embeddings of a right answer."""

    def fault(handler: Handler, body: dict[str, Any]) -> Any:
        answer = handler.answer(body)
        answer["data"] = change(answer["data"]) or answer["data"]
        return answer

    return fault


def with_embeddings(change: Callable[[list[float]], Any]) -> Fault:
    """Change the first embedding of a right answer."""

    def change_first(data: list[dict[str, Any]]) -> None:
        data[0]["embedding"] = change(data[0]["embedding"])

    return changed(change_first)


@contextmanager
def serving(model: Any, **options: Any) -> Iterator[Server]:
    """Run a server while the block runs."""
    with running(Server(str(model), **options)) as server:
        yield server


@contextmanager
def running(server: _AnyServer) -> Iterator[_AnyServer]:
    """Answer requests while the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
