"""The example of vector databases gives the same answers in each engine, by a change of one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import qwen3_embed_integrations

EXAMPLE = Path(__file__).parents[2] / "examples" / "vector_store_rag.py"
LINE = "handle = guarded(open_qdrant(), encoder)  # the one line\n"


@pytest.mark.parametrize("opener", ["open_qdrant", "open_milvus", "open_pgvector"])
def test_one_line_changes_the_engine(opener: str, postgres: str, tmp_path: Path) -> None:
    source = EXAMPLE.read_text(encoding="utf-8")
    assert source.count(LINE) == 1
    environment = {
        **os.environ,
        "DATABASE_URL": postgres,
        "PYTHONPATH": str(Path(qwen3_embed_integrations.__file__).parents[1]),
    }
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "ignore", "-c", source.replace("open_qdrant(), encoder", f"{opener}(), encoder")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert [line.partition(" (")[0] for line in ran.stdout.splitlines()] == [
        "copy a folder: shutil",
        "the middle of some numbers: statistics",
    ]
