"""Read files in a child process, which is ended when a file takes too long and started again for the next.

The two exchange lines of JSON, so that a parser taken over by a hostile file can send text and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from qwen3_embed_integrations.core.errors import ConfigError, RagError

from .blocks import Block, ParsedDocument, UnreadableFileError
from .limits import MAX_MEMORY_BYTES
from .loaders.registry import read_document

_START_S = 120.0  # for the imports, on a busy machine
_CODE = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]);from {__name__} import main; main()"
_READY = b"ready\n"
_JOIN_S = 5.0
_NEEDS_MEMORY = f"needs more than {MAX_MEMORY_BYTES / 1e9:.0f} GB of memory"


class ReaderProcess:
    """Reads one file after the other in a child process; use it as a context manager."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        child = self._child
        if kind is None and child is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                _stream(child.stdin).close()  # without requests it ends by itself
                child.wait(_JOIN_S)
        self._end()

    def read(self, path: Path, source: str, target: str) -> ParsedDocument:
        """Return the document in a file.

        Args:
            path: The file.
            source: Its name in citations.
            target: The reader, as "module:function".

        Raises:
            UnreadableFileError: The file can't be read within the limits.
            ConfigError: The reader can't be loaded.
            RagError: The child process can't be started.
        """
        child = self._child or self._start()
        request = json.dumps([os.fsdecode(path), source, target]).encode() + b"\n"
        try:
            _stream(child.stdin).write(request)
            _stream(child.stdin).flush()
            answer = self._lines.get(timeout=self._timeout_s)
        except queue.Empty:
            self._end()
            raise UnreadableFileError(f"takes longer than {self._timeout_s:g} s to read") from None
        except OSError:  # a broken pipe, which Windows reports as an invalid argument
            answer = b""
        if not answer:
            code = self._end()
            raise UnreadableFileError(f"ended the process that read it (exit code {code}); perhaps it {_NEEDS_MEMORY}")
        return _document(json.loads(answer), source)

    def _start(self) -> subprocess.Popen[bytes]:
        self._child = child = subprocess.Popen(  # noqa: S603 - this Python, our own code
            [sys.executable, "-c", _CODE, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lines = queue.SimpleQueue()
        self._thread = threading.Thread(target=_pump, args=(_stream(child.stdout), self._lines), daemon=True)
        self._thread.start()
        try:
            first = self._lines.get(timeout=_START_S)
        except queue.Empty:
            first = b""
        if first != _READY:
            code = self._end()
            raise RagError(
                f"The process that reads files did not start (exit code {code}). Free some memory, try again."
            )
        return child

    def _end(self) -> int | None:
        child, self._child = self._child, None
        if child is None:
            return None
        code = child.poll()
        child.kill()
        child.wait()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                _stream(stream).close()
        return code if code is not None else child.returncode


def main() -> None:
    """Run the child process: requests on standard input, answers on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this process
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 1)  # a reader that prints must not write between the answers
    _limit_memory()
    serve(sys.stdin.buffer, answers)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each request, a line of JSON, with a line of JSON, until the requests end.

    Args:
        requests: `[path, source, target]` a line.
        answers: `{"title": …, "blocks": […]}`, `{"unreadable": reason}` or `{"config": message}` a line.
    """
    answers.write(_READY)
    answers.flush()
    for line in requests:
        answers.write(json.dumps(_answer(*json.loads(line))).encode() + b"\n")
        answers.flush()


def _answer(path: str, source: str, target: str) -> dict[str, Any]:
    try:
        document = read_document(Path(path), source, target)
        return {"title": document.title, "blocks": [_packed(block) for block in document.blocks]}
    except UnreadableFileError as error:
        return {"unreadable": str(error)}
    except ConfigError as error:
        return {"config": str(error)}
    except OSError as error:
        return {"unreadable": f"can't be opened ({error.strerror or error})"}
    except MemoryError:
        return {"unreadable": _NEEDS_MEMORY}
    except Exception as error:  # noqa: BLE001 - a parser of an odd file raises anything
        return {"unreadable": f"can't be read ({type(error).__name__}: {error})"}


def _packed(block: Block) -> dict[str, Any]:
    return {key: value for key, value in asdict(block).items() if value}


def _document(answer: dict[str, Any], source: str) -> ParsedDocument:
    if "config" in answer:
        raise ConfigError(answer["config"])
    if "unreadable" in answer:
        raise UnreadableFileError(answer["unreadable"])
    return ParsedDocument(source, answer["title"], tuple(Block(**block) for block in answer["blocks"]))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MAX_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MAX_MEMORY_BYTES, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses this limit
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _pump(stream: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Put every line of the child's output into the queue, and b"" at its end."""
    with contextlib.suppress(OSError, ValueError):  # closed by `_end`
        for line in stream:
            lines.put(line)
    lines.put(b"")


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RagError("The process that reads files has no pipe.")
    return stream
