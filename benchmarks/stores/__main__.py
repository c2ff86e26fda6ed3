"""Search and fill vector databases with 100,000 passages of 1,024 numbers.

    python benchmarks/stores prepare [words]       collect and embed the passages, once
    python benchmarks/stores faiss [NAME …]        exact, HNSW, IVF, int8, binary, two stages; or some of them
    python benchmarks/stores pgvector [NAME …]     exact, HNSW, binary, two stages; or some of them
    python benchmarks/stores writes [ENGINE …]     add_documents beside the stock add_texts
    python benchmarks/stores report                the table and the chart of docs/stores.md

Results go to benchmarks/results/stores.json; each part replaces its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "src")]

import numpy as np  # noqa: E402 - needs the path above

RESULTS = HERE.parent / "results" / "stores.json"
DATA = Path(os.environ.get("STORES_DATA", Path.home() / ".cache" / "qwen3-embed-stores"))
N_DOCUMENTS, N_QUERIES = 100_000, 500
N_WRITTEN = 1_000


def main() -> None:
    """Run one part of the study."""
    part, *only = sys.argv[1:] or ["help"]
    run = {"prepare": prepare, "faiss": run_faiss, "pgvector": run_pgvector, "writes": run_writes, "report": report}
    if part not in run:
        sys.exit(__doc__)
    run[part](only)


def prepare(only: list[str]) -> None:
    """Collect the passages, embed them, and keep both."""
    from passages import embed, passages
    from timing import exact_neighbours

    DATA.mkdir(parents=True, exist_ok=True)
    if not (DATA / "texts.json").exists():
        (DATA / "texts.json").write_text(json.dumps(passages(N_DOCUMENTS)), encoding="utf-8")
    texts = _texts()
    documents, queries = embed(texts, N_QUERIES, by_words="words" in only)
    (DATA / "heads").write_text("sums of a vector for each word" if "words" in only else "the bundled model's")
    for name, array in (
        ("documents", documents),
        ("queries", queries),
        ("exact", exact_neighbours(documents, queries)),
    ):
        np.save(DATA / f"{name}.npy", array)
    print(f"{len(texts):,} passages of {np.mean([len(text) for text in texts]):.0f} characters in {DATA}")


def run_faiss(only: list[str]) -> None:
    """Study FAISS."""
    from faiss_study import study

    for found in study(*_arrays(), only):
        _keep("searches", found.plain())


def run_pgvector(only: list[str]) -> None:
    """Study pgvector."""
    from pgvector_study import study

    for found in study(*_arrays(), _texts(), only):
        _keep("searches", found.plain())


def run_writes(only: list[str]) -> None:
    """Compare bulk writes; what the vectors say is of no account."""
    from writes import study

    vectors = np.random.default_rng(0).standard_normal((N_WRITTEN, 1024), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for found in study(_texts()[:N_WRITTEN], vectors, only):
        _keep("writes", {**found, "name": "writes"})


def report(_: list[str]) -> None:
    """Write the table and the chart of the page."""
    from store_report import write_report

    write_report(json.loads(RESULTS.read_text(encoding="utf-8")), HERE.parents[1] / "docs")


def _arrays() -> Any:
    return (np.load(DATA / f"{name}.npy") for name in ("documents", "queries", "exact"))


def _texts() -> list[str]:
    found: list[str] = json.loads((DATA / "texts.json").read_text(encoding="utf-8"))
    return found


def _keep(part: str, found: dict[str, Any]) -> None:
    """Replace the result of this engine and name, with when and how busy the machine was."""
    result = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"searches": [], "writes": []}
    found["load"] = round(os.getloadavg()[0], 1)
    found["when"] = datetime.now(UTC).isoformat(timespec="minutes")
    key = (found["engine"], found["name"])
    result[part] = [one for one in result[part] if (one["engine"], one["name"]) != key] + [found]
    result["heads"] = (DATA / "heads").read_text() if (DATA / "heads").exists() else ""
    result |= {"n_documents": N_DOCUMENTS, "n_queries": N_QUERIES, "cpus": os.cpu_count()}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(time.strftime("%H:%M:%S"), json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
