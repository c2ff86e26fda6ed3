"""Run one engine through workloads, in the environment that has it, and print one line of JSON.

python runner.py ENGINE MODEL_FOLDER [TEXTS_JSON ROWS_NPZ WORKLOAD…]

Without texts, only load the engine and embed one text. RACE_BEGAN, if set, is the time when this process was started.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

BEGAN = float(os.environ.get("RACE_BEGAN", time.time()))  # before numpy and the engine: a user waits for them as well

import numpy as np  # noqa: E402 - the clock comes first

sys.path.insert(0, str(Path(__file__).resolve().parent))

import memory  # noqa: E402 - needs the path above
from exports import Embed  # noqa: E402 - same
from loaders import LOADERS  # noqa: E402 - same


def main() -> None:
    """Load the engine, warm it up, time every workload once."""
    key, model, *rest = sys.argv[1:]
    documents, queries = LOADERS[key](model)
    documents(["one text"])
    report: dict[str, Any] = {"first_vector_s": time.time() - BEGAN, "peak_load_bytes": memory.peak()}
    if rest:
        texts_path, out, *names = rest
        stored = json.loads(Path(texts_path).read_text(encoding="utf-8"))
        workloads = {name: workload for name, workload in stored.items() if not names or name in names}
        report |= _run(documents, queries, workloads, Path(out))
    print("RESULT " + json.dumps(report), flush=True)
    os._exit(0)  # a server in this process may not end by itself


def _run(documents: Embed, queries: Embed, workloads: dict[str, Any], out: Path) -> dict[str, Any]:
    """Return the seconds of each call and the peak memory of each workload; write the embeddings."""
    report: dict[str, Any] = {
        "resident_bytes": memory.resident(),
        "first_query_s": _timed(queries, ["What is asked first?"])[0],
    }
    queries([f"query {number} before the clock runs" for number in range(32)])
    documents([f"{number} " + "words before the clock runs " * 20 for number in range(8)])
    calls, peaks, embeddings = {}, {}, {}
    for name, workload in workloads.items():
        embed = queries if workload["role"] == "query" else documents
        texts, size = workload["texts"], workload["call"]
        gc.collect()
        memory.reset_peak()
        timed = [_timed(embed, texts[first : first + size]) for first in range(0, len(texts), size)]
        peaks[name] = memory.peak()
        calls[name] = [spent for spent, _ in timed]
        embeddings[name] = np.concatenate([found for _, found in timed])
    np.savez(out, **embeddings)
    about = {
        "n_tokens": {name: workload["n_tokens"] for name, workload in workloads.items()},
        "n_texts": {name: len(workload["texts"]) for name, workload in workloads.items()},
    }
    return {**report, "calls": calls, "peaks": peaks, **about}


def _timed(embed: Embed, texts: list[str]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = embed(texts)
    return time.perf_counter() - began, np.asarray(found, dtype=np.float32)


if __name__ == "__main__":
    main()
