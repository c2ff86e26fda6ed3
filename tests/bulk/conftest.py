"""Options of a quick run: a small real model, a pinned plan, small shards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.bulk import BulkOptions

WORDS = ("table", "river", "copy", "folder", "sort", "engine", "light", "python", "garden", "music")


@pytest.fixture(scope="session")
def config(checkpoint: Path) -> EncoderConfig:
    return EncoderConfig(model=str(checkpoint), plan="matmul=plain ops=torch streams=2")


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return [" ".join(WORDS[(i * k) % 10] for k in range(1, 2 + i % 40)) + f" {i}" for i in range(300)]


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., BulkOptions]:
    return lambda **given: BulkOptions(
        **{"output": tmp_path / "out", "id_column": "id", "shard_records": 64, "quiet": True, **given}
    )


@pytest.fixture
def jsonl(tmp_path: Path, texts: Sequence[str]) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"id": f"d{i}", "text": text}) + "\n" for i, text in enumerate(texts)))
    return path


@pytest.fixture
def embedded() -> Callable[[Path], dict[str, Any]]:
    """Read an output folder: id → the other columns; fails if an id is there twice."""

    def read(folder: Path) -> dict[str, Any]:
        table = pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("*.parquet")))
        records = table.to_pylist()
        found = {one.pop("id"): one for one in records}
        assert len(found) == len(records)
        return found

    return read
