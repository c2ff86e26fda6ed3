"""`make eval-rag` runs to its end on the folder of mixed files, with a reranker at hand and without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from checkpoints import build_reranker

ROOT = Path(__file__).resolve().parents[2]


def measured(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    """Return what the benchmark writes of the mixed files, and what it prints."""
    written = folder / "results.json"
    arguments: Sequence[str] = ("--only", "mixed", "--cache", str(folder), "--write", str(written), *options)
    script = str(ROOT / "benchmarks" / "rag_answers.py")
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    assert not done.returncode, done.stderr
    results: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return results, done.stdout


@pytest.mark.slow
def test_a_reranker_is_measured_beside_bm25_dense_and_hybrid_search(tmp_path: Path) -> None:
    reranker = build_reranker(tmp_path / "reranker")
    results, printed = measured(tmp_path, "--rerank", str(reranker))
    assert results["reranker"] == str(reranker)
    for half in ("dev", "test"):
        group = results["sets"]["mixed"]["found"][f"{half}, plain"]
        assert group["n"] == 21
        for way in ("BM25", "dense", "hybrid", "hybrid, reranked"):
            low, high = group[way]["hit@3"]["interval"]
            assert low <= group[way]["hit@3"]["mean"] <= high
        assert any(name.startswith("hybrid minus ") for name in group)
    assert printed.count("hybrid, reranked") == 2


@pytest.mark.slow
def test_without_a_reranker_there_is_no_such_line(tmp_path: Path) -> None:
    results, printed = measured(tmp_path)
    assert results["reranker"] is None
    assert "reranked" not in printed
    assert {"dev, plain", "test, plain"} <= results["sets"]["mixed"]["refused"].keys()
