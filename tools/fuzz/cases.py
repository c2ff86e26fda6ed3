"""The cases: each takes dice, does what a hostile user, server or disk would do, and checks the outcome."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

from checkpoints import build_checkpoint
from qwen3_embed_integrations import (
    TASKS,
    ConfigError,
    EncoderConfig,
    InputTypeError,
    Qwen3Encoder,
)
from remote_server import Handler, Server, serving

from .checks import WrongRowError, check, check_same, ours
from .random_values import Dice

_FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "modules.json",
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
)
_RANGES = ("dimension", "max_length", "max_batch_tokens", "max_waiting_calls", "task", "document_task")


class Cases:
    """The world of the cases: a small model, a server over it, a folder to work in."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._model = build_checkpoint(work / "model")
        self._encoder = Qwen3Encoder(model=str(self._model), max_length=512).load()
        self._server: Server | None = None
        self.shown: dict[str, Any] = {}

    @contextmanager
    def running(self) -> Iterator[Cases]:
        """Keeps the server up while the block runs."""
        with serving(self._model) as self._server:
            yield self

    def run(self, data: bytes) -> None:
        """Runs the case of `data`; `shown` tells what it was. What it raises is a fault."""
        dice = Dice(data)
        kinds: tuple[Callable[[Dice], None], ...] = (
            self.texts, self.texts, self.callers, self.no_texts, self.options, self.ranges, self.answers,
            self.answers, self.checkpoints, self.cache,
        )  # fmt: skip
        kind = dice.choice(kinds)
        self.shown = {"case": kind.__name__}
        kind(dice)

    def texts(self, dice: Dice) -> None:
        """Any texts are unit rows, and each is that of its text alone."""
        texts = self.shown["texts"] = dice.texts()
        role = self.shown["role"] = dice.choice(("query", "document"))
        task = self.shown["task"] = dice.choice((None, None, dice.choice(tuple(TASKS)), dice.text()))
        try:
            rows = self._encoder.encode(texts, role, task=task).rows
        except ConfigError:
            return
        check(rows, len(texts), 64)
        for text, row in zip(texts[:2], rows, strict=False):
            check_same(self._encoder.encode([text], role, task=task).rows[0], row)

    def callers(self, dice: Dice) -> None:
        """Callers at once, some of them cancelled, get their own rows."""
        calls = self.shown["calls"] = [dice.texts(3) for _ in range(2 + dice.below(5))]
        cancelled = self.shown["cancelled"] = [dice.one_in(3) for _ in calls]
        if dice.one_in(2):
            with ThreadPoolExecutor(len(calls)) as pool:
                found: list[Any] = list(pool.map(self._encoder.encode_document, calls))
        else:
            found = asyncio.run(self._asked(calls, cancelled))
        for texts, rows in zip(calls, found, strict=True):
            if isinstance(rows, asyncio.CancelledError):
                continue
            if isinstance(rows, BaseException):
                raise rows
            check(rows, len(texts), 64)
            check_same(rows, self._encoder.encode_document(texts))

    async def _asked(self, calls: list[list[str]], cancelled: list[bool]) -> list[Any]:
        tasks = [asyncio.create_task(self._encoder.aencode_document(texts)) for texts in calls]
        await asyncio.sleep(0)
        for task, is_cancelled in zip(tasks, cancelled, strict=True):
            if is_cancelled:
                task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    def no_texts(self, dice: Dice) -> None:
        """What is no list of `str` is refused."""
        given = self.shown["given"] = dice.junk()
        fits = isinstance(given, list) and all(isinstance(one, str) for one in given)
        try:
            rows = self._encoder.encode_document(given)
        except InputTypeError:
            if fits:
                raise
            return
        check(rows, len(given), 64)

    def options(self, dice: Dice) -> None:
        """Any option of any type is a config that comes back from its stored form, or ConfigError."""
        names = [*EncoderConfig.model_fields, dice.text()]
        options = self.shown["options"] = {dice.choice(names): dice.junk() for _ in range(1 + dice.below(3))}
        try:
            config = EncoderConfig(**options)
        except ConfigError:
            return
        stored = json.loads(json.dumps(config.to_options()))
        if EncoderConfig.from_options(stored) != config.replace(token=None):
            raise WrongRowError(f"{stored} is not what was stored")

    def ranges(self, dice: Dice) -> None:
        """Options of any range give unit rows or an error of ours."""
        options: dict[str, Any] = {name: dice.number() for name in _RANGES[:4] if dice.one_in(3)}
        options |= {name: dice.text() for name in _RANGES[4:] if dice.one_in(3)}
        texts = dice.texts(2)
        self.shown |= {"options": options, "texts": texts}
        with ours():
            encoder = Qwen3Encoder(model=str(self._model), **options)
            try:
                check(encoder.encode_query(texts), len(texts), encoder.dimension)
            finally:
                if "max_batch_tokens" in options:
                    encoder.unload()

    def answers(self, dice: Dice) -> None:
        """A server may answer anything: unit rows, or an error of ours within the deadline."""
        server = self._server
        if server is None:
            raise LookupError("the server does not run")
        texts = dice.texts(3)
        status = dice.choice(
            (200, 200, 200, 200, 204, 301, 400, 401, 404, 408, 413, 422, 429, 500, 503, 100 + dice.below(500))
        )
        headers = {dice.choice(_HEADERS): dice.choice((*_VALUES, str(dice.number())))}
        headers = headers if dice.one_in(4) else {}
        self.shown |= {"texts": texts, "status": status, "headers": headers}

        def fault(handler: Handler, body: dict[str, Any]) -> None:
            right = handler.answer(body)
            content = self.shown["answer"] = dice.damaged(
                json.dumps(dice.choice((right, right, dice.junk())), default=repr).encode()
            )
            handler.reply(status, content, **headers)

        server.faults.extend([fault] * dice.choice((1, 2, 3)))
        known = dice.one_in(2)
        engine = self.shown["engine"] = (
            "openai" if known else dice.choice(("openai", "tei", "ollama", "vllm", "llama.cpp"))
        )
        encoder = Qwen3Encoder(
            model=str(self._model) if known else "somebody/model", backend="remote", base_url=server.url,
            engine=engine, max_retries=dice.below(2), timeout_s=2.0, deadline_s=5.0,
        )  # fmt: skip
        try:
            with ours():
                check(encoder.encode_document(texts), len(texts), encoder.dimension)
        finally:
            encoder.unload()
            server.faults.clear()

    def checkpoints(self, dice: Dice) -> None:
        """A damaged checkpoint is read or refused, and runs nothing."""
        folder = self._work / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._model, folder)
        for _ in range(1 + dice.below(2)):
            name = dice.choice(_FILES)
            self.shown[name] = self._harm(folder / name, dice)
        encoder = Qwen3Encoder(model=str(folder))
        try:
            with ours():
                check(encoder.encode_query(["a text"]), 1, encoder.dimension)
        finally:
            encoder.unload()

    def _harm(self, path: Path, dice: Dice) -> str:
        if not path.is_file():  # harmed before
            return "left"
        kind = dice.choice(("removed", "a folder", "bytes", "bytes", "json", "json"))
        if kind == "json" and path.suffix == ".json":
            return self._harm_json(path, dice)
        content = path.read_bytes()
        path.unlink()
        if kind == "a folder":
            path.mkdir()
        elif kind != "removed":
            head = content[:4096] if dice.one_in(2) else content
            path.write_bytes(dice.damaged(head) + content[len(head) :])
        return kind

    def _harm_json(self, path: Path, dice: Dice) -> str:
        try:
            value = json.loads(path.read_bytes())
        except ValueError:  # harmed before
            return "left"
        places = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
        if not places or dice.one_in(8):
            value, place = dice.junk(), "all of it"
        else:
            place = dice.choice(places)
            value[place] = dice.junk()
        path.write_text(json.dumps(value, default=repr), encoding="utf-8")
        return f"{place} changed"

    def cache(self, dice: Dice) -> None:
        """A damaged cache costs no row."""
        path = self._work / "cache.sqlite"
        texts = self.shown["texts"] = dice.texts(3)
        cached = Qwen3Encoder(model=str(self._model), max_length=512, cache_path=str(path))
        with ours():
            check_same(cached.encode_document(texts), self._encoder.encode_document(texts))
        if dice.one_in(2) and path.is_file():
            path.write_bytes(dice.damaged(path.read_bytes()))
        with ours():
            check_same(cached.encode_document(texts), self._encoder.encode_document(texts))


_VALUES = (
    "0",
    "-1",
    "x",
    "gzip",
    "chunked",
    "Thu, 01 Jan 2020 00:00:00 +9999999999999",
    "Thu, 31 Dec 9999 23:59:59 GMT",
)
_HEADERS = ("Retry_After", "Content_Encoding", "Transfer_Encoding", "Location", "X_Total_Tokens")
