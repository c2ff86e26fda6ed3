"""Search and fill vector databases with 100,000 passages of real text.

    python benchmarks/stores prepare                   collect and embed the passages, once
    python benchmarks/stores faiss DIMENSION [NAME …]  exact, HNSW, IVF, int8, binary, two stages; or some of them
    python benchmarks/stores pgvector DIMENSION [NAME …]
    python benchmarks/stores writes [ENGINE …]         add_documents beside the stock add_texts
    python benchmarks/stores report                    the table and the chart of docs/stores.md

DIMENSION is 256, the bundled model's own embeddings, or 1024, made from them (passages.py says how). Results go to
benchmarks/results/stores.json; each search and each engine replaces its own, so a run that was stopped goes on with the
names that are left.
"""

from __future__ import annotations

import hashlib
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
_KEY = ("engine", "name", "dimension")


def main() -> None:
    """Run one part of the study."""
    part, *only = sys.argv[1:] or ["help"]
    run = {"prepare": prepare, "faiss": run_faiss, "pgvector": run_pgvector, "writes": run_writes, "report": report}
    if part not in run:
        sys.exit(__doc__)
    run[part](only)


def prepare(_: list[str]) -> None:
    """Collect the passages, embed them, and keep both."""
    from passages import embed, passages

    DATA.mkdir(parents=True, exist_ok=True)
    if not (DATA / "texts.json").exists():
        (DATA / "texts.json").write_text(json.dumps(passages(N_DOCUMENTS)), encoding="utf-8")
    texts = _texts()
    documents, queries = embed(texts, N_QUERIES)
    np.save(DATA / "documents.npy", documents)
    np.save(DATA / "queries.npy", queries)
    print(f"{len(texts):,} passages of {np.mean([len(text) for text in texts]):.0f} characters in {DATA}")


def run_faiss(given: list[str]) -> None:
    """Study FAISS."""
    from faiss_study import study

    width, *only = given
    for found in study(*_arrays(int(width)), only):
        _keep("searches", found.plain())


def run_pgvector(given: list[str]) -> None:
    """Study pgvector."""
    from pgvector_study import study

    width, *only = given
    for found in study(*_arrays(int(width)), _texts(), only):
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


def _arrays(dimension: int) -> tuple[Any, Any, Any]:
    """Return documents, queries and the exact neighbours: the bundled model's, or the wide ones made from them."""
    from passages import HEAD, WIDTH, widened
    from timing import exact_neighbours

    documents, queries = (np.load(DATA / f"{name}.npy") for name in ("documents", "queries"))
    if dimension not in (HEAD, WIDTH):
        sys.exit(f"Found the dimension {dimension}, expected {HEAD} or {WIDTH}.")
    if dimension == WIDTH:
        documents, queries = widened(documents, 1), widened(queries, 2)
    path = DATA / f"exact-{dimension}.npy"
    if not path.exists():
        np.save(path, exact_neighbours(documents, queries))
    return documents, queries, np.load(path)


def _texts() -> list[str]:
    found: list[str] = json.loads((DATA / "texts.json").read_text(encoding="utf-8"))
    return found


def _keep(part: str, found: dict[str, Any]) -> None:
    """Replace the result of this engine and name, with when and how busy the machine was."""
    result = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"searches": [], "writes": []}
    found["load"] = round(os.getloadavg()[0], 1)
    found["when"] = datetime.now(UTC).isoformat(timespec="minutes")
    key = [found.get(name) for name in _KEY]
    result[part] = [one for one in result[part] if [one.get(name) for name in _KEY] != key] + [found]
    digest = hashlib.sha256((DATA / "texts.json").read_bytes()).hexdigest()[:16]
    result |= {"n_documents": N_DOCUMENTS, "n_queries": N_QUERIES, "cpus": os.cpu_count(), "texts_sha256": digest}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(time.strftime("%H:%M:%S"), json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
