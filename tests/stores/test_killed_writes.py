"""A bulk write that is killed (-9) anywhere: the same call again loses, doubles and mixes nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import killed_writer
import qwen3_embed_integrations
from killed_writer import PART, TEXTS, N, Place
from qwen3_embed_integrations import Qwen3Encoder

ENGINES = ("qdrant", "pgvector", "milvus", "faiss", "chroma")


def write_until_killed(place: Place, after_s: float, n_parts: int) -> None:
    """Write in a process of its own; kill it some seconds after it has written so many parts."""
    support = Path(killed_writer.__file__).parent
    folders = [str(Path(qwen3_embed_integrations.__file__).parents[1]), str(support)]
    command = [sys.executable, "-W", "ignore", killed_writer.__file__, place.engine, place.where, place.name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        for _ in range(n_parts):
            assert process.stdout.readline() == "part\n"
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)


def n_stored_then_whole(place: Place, encoder: Qwen3Encoder) -> int:
    """Write again, compare all with what was meant; return how many the killed process had written."""
    before = len(killed_writer.read(place))
    killed_writer.write(place)
    stored = killed_writer.read(place)
    assert sorted(text for text, _ in stored) == sorted(TEXTS)
    by_text = dict(stored)
    found = np.asarray([by_text[text] for text in TEXTS], dtype=np.float32)
    np.testing.assert_allclose(found, encoder.encode_document(TEXTS), atol=1e-6)
    return before


def moments(n: int) -> list[tuple[int, float]]:
    """Return (parts written, seconds after that), drawn once."""
    values = random.Random(7)
    return [(values.randrange(N // PART - 2), round(values.uniform(0, 0.05), 4)) for _ in range(n)]


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> Place:
    engine = str(request.param)
    where = request.getfixturevalue("postgres") if engine == "pgvector" else str(tmp_path / "store")
    return Place(engine, where, name)


def check(place: Place, encoder: Qwen3Encoder, n_parts: int, after_s: float) -> None:
    write_until_killed(place, after_s, n_parts)
    before = n_stored_then_whole(place, encoder)
    sys.stdout.write(f"{place.engine}: killed with {before} of {N} stored, {N} after the rerun\n")
    assert PART * n_parts <= before <= N


def test_a_killed_write_is_made_whole_by_the_same_call(place: Place, encoder: Qwen3Encoder) -> None:
    check(place, encoder, 4, 0.005)


@pytest.mark.long
@pytest.mark.parametrize(("n_parts", "after_s"), moments(20))
def test_twenty_random_moments(place: Place, encoder: Qwen3Encoder, n_parts: int, after_s: float) -> None:
    check(place, encoder, n_parts, after_s)
