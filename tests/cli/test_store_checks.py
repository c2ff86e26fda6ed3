"""`doctor --store` shows a line a check and fails where a check fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.stores import QdrantHandle, add_documents


@pytest.fixture
def address(tmp_path: Path) -> str:
    client = QdrantClient(path=str(tmp_path / "store"))
    handle = QdrantHandle(client, "docs")
    handle.create(64)
    add_documents(handle, ["a", "b"], ["a", "b"], encoder=Qwen3Encoder(backend="fake", dimension=64))
    client.close()
    return f"qdrant:{tmp_path}/store#docs"


def test_a_store_is_checked_with_a_line_a_check(run: Any, address: str) -> None:
    code, out, notes = run("doctor", "--store", address)
    assert (code, notes) == (0, "")
    assert out.splitlines()[:3] == [
        "ok       collection: Qdrant collection 'docs', 2 documents",
        "ok       metric: cosine",
        "ok       dimension: 64",
    ]


def test_another_model_is_exit_code_1(run: Any, address: str) -> None:
    code, out, _ = run("doctor", "--store", address, "--backend", "fake", "--model", "4B", "--json")
    found = {one["name"]: one["outcome"] for one in json.loads(out)}
    assert (code, found["dimension"], found["vector space"]) == (1, "failure", "failure")
    code, _, _ = run("doctor", "--store", address, "--backend", "fake", "--model", "0.6B", "--dimension", "64")
    assert code == 0


def test_a_wrong_address_is_one_line(run: Any, assert_refused: Any) -> None:
    assert_refused(run("doctor", "--store", "docs"), "Expected qdrant:FOLDER#collection")
