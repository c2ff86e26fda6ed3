"""A configuration is written although somebody else is writing to the same database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.api import ClientAPI
from chromadb.errors import ChromaError, NotFoundError

from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction, configuration, open_collection
from qwen3_embed_integrations.chroma.configuration import awrite_configuration, write_configuration

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
print("released", flush=True)
"""


@pytest.fixture
def writer(client: ClientAPI, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the database's write lock until it reads a line."""
    client.get_or_create_collection("bare", embedding_function=None)
    command = [sys.executable, "-c", HOLD, str(tmp_path / "store" / "chroma.sqlite3")]
    with subprocess.Popen(  # noqa: S603 - our own code
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def stored(collection: Any) -> Any:
    return collection.configuration_json["embedding_function"]


@pytest.mark.usefixtures("writer")
def test_chroma_itself_fails_at_once(client: ClientAPI, function: Qwen3EmbeddingFunction) -> None:
    """When this fails, Chroma waits, and the module can go."""
    with pytest.raises(ChromaError, match="database is locked"):
        client.get_collection("bare").modify(configuration={"embedding_function": function})


def test_the_writer_is_waited_for(
    client: ClientAPI, function: Qwen3EmbeddingFunction, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            writer.stdin.write("\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "released\n"

    monkeypatch.setattr(configuration.time, "sleep", pause)
    write_configuration(client.get_collection("bare"), function)
    assert pauses == sorted(pauses)
    assert len(pauses) == 3
    assert stored(client.get_collection("bare"))["config"]["space"] == function.space.to_dict()
    assert open_collection(client, "bare", function).name == "bare"


def test_a_writer_that_goes_on_for_ever_is_chromas_error(
    client: ClientAPI, function: Qwen3EmbeddingFunction, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration.time, "sleep", lambda _: None)
    with pytest.raises(ChromaError, match="database is locked"):
        write_configuration(client.get_collection("bare"), function)
    assert writer.poll() is None


def test_another_error_is_not_tried_again(function: Qwen3EmbeddingFunction) -> None:
    class Gone:  # a real collection that was deleted makes Chroma's own code panic
        n_calls = 0

        def modify(self, **_: Any) -> None:
            self.n_calls += 1
            raise NotFoundError("The collection is gone.")

    collection: Any = Gone()
    with pytest.raises(NotFoundError):
        write_configuration(collection, function)
    assert collection.n_calls == 1


async def test_the_async_twin_writes(function: Qwen3EmbeddingFunction, server_port: int) -> None:
    client = await chromadb.AsyncHttpClient(port=server_port)
    collection = await client.get_or_create_collection("bare", embedding_function=None)
    await awrite_configuration(collection, function)
    found = await client.get_collection("bare")
    assert stored(found)["config"]["space"] == function.space.to_dict()
