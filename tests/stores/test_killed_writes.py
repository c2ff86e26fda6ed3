"""A bulk write that is killed (-9) anywhere: the same call again loses, doubles and mixes nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qdrant_client import QdrantClient

import qwen3_embed_integrations
from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.stores import PgvectorHandle, QdrantHandle, add_documents

N = 3000
TEXTS = [f"text {i} of many" for i in range(N)]
WRITER = """
import sys
from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.stores import add_documents
engine, place, name, n = sys.argv[1:]
if engine == "qdrant":
    from qdrant_client import QdrantClient
    from qwen3_embed_integrations.stores import QdrantHandle
    handle = QdrantHandle(QdrantClient(path=place), name)
else:
    from qwen3_embed_integrations.stores import PgvectorHandle
    handle = PgvectorHandle(place, name)
sys.modules["qwen3_embed_integrations.stores.add_documents"].SLICE = 100
write = type(handle).write
type(handle).write = lambda self, records: (write(self, records), print("slice", flush=True))
texts = [f"text {i} of many" for i in range(int(n))]
print("writing", flush=True)
add_documents(handle, texts, texts, encoder=Qwen3Encoder(backend="fake", dimension=64), existing="skip")
"""


def write_until_killed(after_s: float, n_slices: int, *arguments: str) -> None:
    """Write in a process of its own; kill it some seconds after it has written so many slices."""
    environment = {**os.environ, "PYTHONPATH": str(Path(qwen3_embed_integrations.__file__).parents[1])}
    command = [sys.executable, "-W", "ignore", "-c", WRITER, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        for _ in range(n_slices):
            assert process.stdout.readline() == "slice\n"
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)


def assert_whole(handle: Any, encoder: Qwen3Encoder) -> int:
    """Write again, compare all with what was meant; return how many the killed process had written."""
    before = int(handle.info().n_documents)
    add_documents(handle, TEXTS, TEXTS, encoder=encoder, existing="skip")
    stored = handle.sample(N + 1)
    assert sorted(text for text, _ in stored) == sorted(TEXTS)
    by_text = dict(stored)
    found = np.asarray([by_text[text] for text in TEXTS], dtype=np.float32)
    np.testing.assert_allclose(found, encoder.encode_document(TEXTS), atol=1e-6)
    return before


def moments(n: int) -> list[float]:
    values = random.Random(7)
    return [round(values.uniform(0.02, 0.9), 3) for _ in range(n)]


@dataclass(frozen=True)
class Place:
    """Where a test writes."""

    engine: str
    folder: str
    postgres: str
    name: str


@pytest.fixture
def place(engine: str, postgres: str, name: str, tmp_path: Path) -> Place:
    return Place(engine, str(tmp_path), postgres, name)


def check(place: Place, encoder: Qwen3Encoder, after_s: float, n_slices: int) -> int:
    if place.engine == "qdrant":
        client = QdrantClient(path=place.folder)
        QdrantHandle(client, place.name).create(64)
        client.close()
        write_until_killed(after_s, n_slices, "qdrant", place.folder, place.name, str(N))
        client = QdrantClient(path=place.folder)
        before = assert_whole(QdrantHandle(client, place.name), encoder)
        client.close()
        return before
    with PgvectorHandle(place.postgres, place.name) as handle:
        handle.create(64)
        write_until_killed(after_s, n_slices, "pgvector", place.postgres, place.name, str(N))
        return assert_whole(handle, encoder)


@pytest.mark.parametrize(("engine", "n_slices"), [("qdrant", 4), ("pgvector", 1), ("pgvector", 7)])
def test_a_killed_write_is_made_whole_by_the_same_call(place: Place, n_slices: int, encoder: Qwen3Encoder) -> None:
    assert 100 * n_slices <= check(place, encoder, 0.005, n_slices) < N


@pytest.mark.long
@pytest.mark.parametrize("engine", ["qdrant", "pgvector"])
@pytest.mark.parametrize("after_s", moments(20))
def test_twenty_random_moments(place: Place, after_s: float, encoder: Qwen3Encoder) -> None:
    check(place, encoder, after_s, 0)
