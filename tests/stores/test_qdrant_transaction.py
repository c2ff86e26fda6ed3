"""Qdrant's local mode commits once a slice, and what memory holds is on disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from qwen3_embed_integrations.stores.qdrant_transaction import one_transaction


def points(*ids: int) -> list[models.PointStruct]:
    return [models.PointStruct(id=one, vector=[1.0, 0.0]) for one in ids]


def n_on_disk(folder: Path) -> int:
    (file,) = folder.rglob("*.sqlite")
    with sqlite3.connect(file) as connection:
        return int(connection.execute("SELECT count(*) FROM points").fetchone()[0])


@pytest.fixture
def client(tmp_path: Path) -> Any:
    found = QdrantClient(path=str(tmp_path))
    found.create_collection("docs", vectors_config=models.VectorParams(size=2, distance=models.Distance.COSINE))
    yield found
    found.close()


def test_points_are_committed_together(client: QdrantClient, tmp_path: Path) -> None:
    with one_transaction(client, "docs"):
        client.upsert("docs", points(1, 2))
        assert n_on_disk(tmp_path) == 0
    assert n_on_disk(tmp_path) == 2
    client.upsert("docs", points(3))  # the client's own connection is back
    assert n_on_disk(tmp_path) == 3


def test_a_failure_keeps_what_memory_holds(client: QdrantClient, tmp_path: Path) -> None:
    def fail() -> None:
        with one_transaction(client, "docs"):
            client.upsert("docs", points(1))
            raise OSError("stop")

    with pytest.raises(OSError, match="stop"):
        fail()
    assert n_on_disk(tmp_path) == client.count("docs").count == 1


def test_a_client_without_sqlite_is_left_alone() -> None:
    client = QdrantClient(":memory:")
    client.create_collection("docs", vectors_config=models.VectorParams(size=2, distance=models.Distance.COSINE))
    with one_transaction(client, "docs"):
        client.upsert("docs", points(1))
    assert client.count("docs").count == 1
    client.close()
