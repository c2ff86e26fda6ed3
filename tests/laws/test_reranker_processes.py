"""A reranker after a fork and in a pool of processes, local and on a server: the scores of its parent."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from checkpoints import build_reranker
from rerank_server import scoring

DOCUMENTS = ["Paris is the capital of France.", "b " * 50, "Cats sleep."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_reranker(tmp_path_factory.mktemp("reranker") / "model")


def run(options: dict[str, Any], code: str) -> list[str]:
    begin = f"""
        import os, sys, warnings
        import numpy as np
        from qwen3_embed_integrations import Qwen3Reranker
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on fork beside threads
        reranker = Qwen3Reranker(**{options!r})
        documents = {DOCUMENTS!r}
    """
    script = textwrap.dedent(begin) + textwrap.dedent(code)
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


FORKED = """
scores = reranker.score("capital of France?", documents)
pid = os.fork()
same = np.abs(reranker.score("capital of France?", documents) - scores).max() <= 1e-6
other = len(set(reranker.score("Do cats sleep?", documents).tolist()))
if pid == 0:
    os._exit(0 if same and other >= 2 else 3)
print(os.waitpid(pid, 0)[1], same)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_of_a_loaded_reranker_and_its_parent_both_go_on(folder: Path) -> None:
    assert run({"model": str(folder), "dtype": "float32"}, FORKED) == ["0", "True"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_opens_connections_of_its_own_and_probes_no_more() -> None:
    with scoring("vllm") as server:
        options = {"backend": "remote", "base_url": server.url, "model": "somebody/reranker"}
        assert run(options, FORKED) == ["0", "True"]
        assert sum(len(body["documents"]) == 2 for _, body in server.requests) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_reads_the_same_cache(folder: Path, tmp_path: Path) -> None:
    options = {"model": str(folder), "dtype": "float32", "cache_path": str(tmp_path / "scores.sqlite")}
    assert run(options, FORKED) == ["0", "True"]
