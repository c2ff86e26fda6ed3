"""Cases: each draws random values, acts as a hostile user, server or disk, and checks the outcome."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import chromadb

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

from checkpoints import build_checkpoint
from qwen3_embed_integrations import (
    TASKS,
    ConfigError,
    EncoderConfig,
    InputTypeError,
    Qwen3Encoder,
)
from qwen3_embed_integrations.rag.corpora.reader_process import ReaderProcess
from remote_server import Handler, Server, serving

from . import document_cases, remote_cases
from .checkpoints import damage
from .checks import WrongEmbeddingError, check, check_same, ours
from .random_values import RandomValues

T = TypeVar("T")
_RANGES = ("dimension", "max_length", "max_batch_tokens", "max_waiting_calls", "task", "document_task")


class Cases:
    """A small model, a server that runs it, and a folder to work in.

    Args:
        work: An empty folder.
        kind: Name of the only kind of cases to run; "" for all of them.
    """

    def __init__(self, work: Path, kind: str = "") -> None:
        self._work = work
        self._kind = kind
        self._model = build_checkpoint(work / "model")
        self._encoder = Qwen3Encoder(model=str(self._model), max_length=512).load()
        self._server: Server | None = None
        self._stranger: Server | None = None
        self._process: ReaderProcess | None = None
        self._client: Any = None
        self.shown: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()

    @contextmanager
    def running(self) -> Iterator[Cases]:
        """Run the server and the process that reads files while the block runs."""
        with ExitStack() as stack:
            self._server, self._stranger = (stack.enter_context(serving(self._model)) for _ in range(2))
            self._process = stack.enter_context(ReaderProcess(document_cases.TIMEOUT_S))
            self._client = chromadb.EphemeralClient()
            yield self

    def run(self, data: bytes) -> None:
        """Run the case of `data` and describe it in `shown`. Any exception is a fault."""
        values = RandomValues(data)
        kinds: tuple[Callable[[RandomValues], None], ...] = (
            self.texts, self.texts, self.callers, self.no_texts, self.options, self.ranges, self.answers,
            self.answers, self.checkpoints, self.cache, self.encodings, self.stored_configs, self.files, self.folders,
            self.writes, self.settings,
        )  # fmt: skip
        kind = values.choice([kind for kind in kinds if self._kind in ("", kind.__name__)])
        self.shown = {"case": kind.__name__}
        kind(values)
        self.counts[kind.__name__] += 1

    def texts(self, values: RandomValues) -> None:
        """Any text has a unit embedding that does not depend on the other texts of the call."""
        texts = self.shown["texts"] = values.texts()
        role = self.shown["role"] = values.choice(("query", "document"))
        task = self.shown["task"] = values.choice((None, None, values.choice(tuple(TASKS)), values.text()))
        try:
            embeddings = self._encoder.encode(texts, role, task=task).embeddings
        except ConfigError:
            return
        check(embeddings, len(texts), 64)
        for text, embedding in zip(texts[:2], embeddings, strict=False):
            check_same(self._encoder.encode([text], role, task=task).embeddings[0], embedding)

    def callers(self, values: RandomValues) -> None:
        """Concurrent callers, some of them cancelled, get their own embeddings."""
        calls = self.shown["calls"] = [values.texts(3) for _ in range(2 + values.below(5))]
        cancelled = self.shown["cancelled"] = [values.one_in(3) for _ in calls]
        if values.one_in(2):
            with ThreadPoolExecutor(len(calls)) as pool:
                found: list[Any] = list(pool.map(self._encoder.encode_document, calls))
        else:
            found = asyncio.run(self._asked(calls, cancelled))
        for texts, embeddings in zip(calls, found, strict=True):
            if isinstance(embeddings, asyncio.CancelledError):
                continue
            if isinstance(embeddings, BaseException):
                raise embeddings
            check(embeddings, len(texts), 64)
            check_same(embeddings, self._encoder.encode_document(texts))

    async def _asked(self, calls: list[list[str]], cancelled: list[bool]) -> list[Any]:
        tasks = [asyncio.create_task(self._encoder.aencode_document(texts)) for texts in calls]
        await asyncio.sleep(0)
        for task, is_cancelled in zip(tasks, cancelled, strict=True):
            if is_cancelled:
                task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    def no_texts(self, values: RandomValues) -> None:
        """Anything but a list of `str` is rejected."""
        given = self.shown["given"] = values.junk()
        fits = isinstance(given, list) and all(isinstance(one, str) for one in given)
        try:
            embeddings = self._encoder.encode_document(given)
        except InputTypeError:
            if fits:
                raise
            return
        check(embeddings, len(given), 64)

    def options(self, values: RandomValues) -> None:
        """Any value of any option is a ConfigError, or a config that survives storage."""
        names = [*EncoderConfig.model_fields, values.text()]
        options = self.shown["options"] = {values.choice(names): values.junk() for _ in range(1 + values.below(3))}
        try:
            config = EncoderConfig(**options)
        except ConfigError:
            return
        stored = json.loads(json.dumps(config.to_options()))
        if EncoderConfig.from_options(stored) != config.replace(token=None):
            raise WrongEmbeddingError(f"{stored} is not what was stored")

    def ranges(self, values: RandomValues) -> None:
        """Numeric options of any size give unit embeddings or an error of this package."""
        options: dict[str, Any] = {name: values.number() for name in _RANGES[:4] if values.one_in(3)}
        options |= {name: values.text() for name in _RANGES[4:] if values.one_in(3)}
        texts = values.texts(2)
        self.shown |= {"options": options, "texts": texts}
        with ours():
            encoder = Qwen3Encoder(model=str(self._model), **options)
            try:
                check(encoder.encode_query(texts), len(texts), encoder.dimension)
            finally:
                if "max_batch_tokens" in options:
                    encoder.unload()

    def answers(self, values: RandomValues) -> None:
        """Any server response gives unit embeddings or an error of this package within the deadline."""
        server = _running(self._server)
        texts = values.texts(3)
        status = values.choice(
            (200, 200, 200, 200, 204, 301, 400, 401, 404, 408, 413, 422, 429, 500, 503, 100 + values.below(500))
        )
        headers = {values.choice(_HEADERS): values.choice((*_VALUES, str(values.number())))}
        headers = headers if values.one_in(4) else {}
        self.shown |= {"texts": texts, "status": status, "headers": headers}

        def fault(handler: Handler, body: dict[str, Any]) -> None:
            right = handler.answer(body)
            content = self.shown["answer"] = values.damaged(
                json.dumps(values.choice((right, right, values.junk())), default=repr).encode()
            )
            handler.reply(status, content, **headers)

        server.faults.extend([fault] * values.choice((1, 2, 3)))
        known = values.one_in(2)
        engine = self.shown["engine"] = (
            "openai" if known else values.choice(("openai", "tei", "ollama", "vllm", "llama.cpp"))
        )
        encoder = Qwen3Encoder(
            model=str(self._model) if known else "somebody/model", backend="remote", base_url=server.url,
            engine=engine, max_retries=values.below(2), timeout_s=2.0, deadline_s=5.0,
        )  # fmt: skip
        try:
            with ours():
                check(encoder.encode_document(texts), len(texts), encoder.dimension)
        finally:
            encoder.unload()
            server.faults.clear()

    def encodings(self, values: RandomValues) -> None:
        """See `remote_cases.encodings`."""
        remote_cases.encodings(values, self.shown, _running(self._server), self._model)

    def stored_configs(self, values: RandomValues) -> None:
        """See `remote_cases.stored_configs`."""
        remote_cases.stored_configs(values, self.shown, _running(self._stranger))

    def settings(self, values: RandomValues) -> None:
        """See `remote_cases.settings`."""
        remote_cases.settings(values, self.shown, _running(self._server), self._model)

    def files(self, values: RandomValues) -> None:
        """See `document_cases.files`."""
        document_cases.files(values, self.shown, _running(self._process), self._work)

    def folders(self, values: RandomValues) -> None:
        """See `document_cases.folders`."""
        document_cases.folders(values, self.shown, self._work)

    def writes(self, values: RandomValues) -> None:
        """See `document_cases.writes`."""
        document_cases.writes(values, self.shown, self._client, self._encoder)

    def checkpoints(self, values: RandomValues) -> None:
        """A damaged checkpoint loads or is rejected, and runs no code."""
        folder = self._work / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._model, folder)
        self.shown["damage"] = damage(folder, values)
        encoder = Qwen3Encoder(model=str(folder))
        try:
            with ours():
                check(encoder.encode_query(["a text"]), 1, encoder.dimension)
        finally:
            encoder.unload()

    def cache(self, values: RandomValues) -> None:
        """A damaged cache changes no embedding."""
        path = self._work / "cache.sqlite"
        texts = self.shown["texts"] = values.texts(3)
        cached = Qwen3Encoder(model=str(self._model), max_length=512, cache_path=str(path))
        with ours():
            check_same(cached.encode_document(texts), self._encoder.encode_document(texts))
        if values.one_in(2) and path.is_file():
            path.write_bytes(values.damaged(path.read_bytes()))
        with ours():
            check_same(cached.encode_document(texts), self._encoder.encode_document(texts))


def _running(found: T | None) -> T:
    if found is None:
        raise LookupError("the server, or the process that reads files, does not run")
    return found


_DATES = ("Thu, 01 Jan 2020 00:00:00 +9999999999999", "Thu, 31 Dec 9999 23:59:59 GMT")
_VALUES = ("0", "-1", "x", "gzip", "chunked", *_DATES)
_HEADERS = ("Retry_After", "Content_Encoding", "Transfer_Encoding", "Location", "X_Total_Tokens")
