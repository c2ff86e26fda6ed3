"""Every dtype and product of this CPU side by side, as a CPU without bfloat16 and AVX-512 computes them.

python benchmarks/cpu_dtypes.py                        random weights of Qwen3-Embedding-0.6B's shape
python benchmarks/cpu_dtypes.py --model tiny
python benchmarks/cpu_dtypes.py --json benchmarks/results/cpu_dtypes.json

Each run is a process of its own with ONEDNN_MAX_CPU_ISA=AVX2 (--isa changes it), so that newer CPUs take the same
paths. The rows interleave: a slow minute of the machine affects all of them. Print one line for each.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from concurrency import shaped_folder, texts_of

ROWS = (("float32", "auto"), ("bfloat16", "auto"), ("int8", "auto"), ("int8", "matmul=upcast"))
SECONDS = ("documents_s", "queries_s", "single_s")


def measure(model: str, dtype: str, plan: str, out: str) -> dict[str, Any]:
    """Load a model and time it in this process; save the embeddings of its documents as `out`."""
    from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
    from qwen3_embed_integrations.backends.registry import report_plan

    config = EncoderConfig(model=model, dtype=dtype, plan=plan)
    Qwen3Encoder(model="tiny").load()  # imports torch, which is no part of the model's memory
    before = resident_bytes()
    encoder = Qwen3Encoder(config).load()
    loaded = resident_bytes() - before
    documents, queries = texts_of(8, (40, 80), seed=1), texts_of(8, (3, 12), seed=2)
    encoder.encode_query(["warm"])
    encoder.encode_document(documents[:2])
    spent, embeddings = timed(lambda: encoder.encode_document(documents))
    np.save(out, embeddings)
    return {
        "n_tokens": int(encoder.count_tokens(documents).sum()),
        "documents_s": spent,
        "queries_s": timed(lambda: encoder.encode_query(queries))[0],
        "single_s": min(timed(lambda text=text: encoder.encode_query([text]))[0] for text in queries[:4]),
        "loaded_bytes": loaded,
        "report": report_plan(config),
    }


def timed(work: Any) -> tuple[float, Any]:
    """Return the seconds that `work` takes, and its result."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def resident_bytes() -> int:
    """Return the resident memory of this process (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run(arguments: argparse.Namespace, model: str, row: tuple[str, str], out: Path) -> dict[str, Any]:
    """Run one row in a process of its own; return its figures."""
    command = [sys.executable, __file__, "--run", model, *row, str(out)]
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": arguments.isa}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def summary(runs: list[dict[str, Any]], embeddings: np.ndarray, exact: np.ndarray) -> dict[str, Any]:
    """Return the medians of a row's runs, and its cosine to float32."""
    medians = {name: float(np.median([one[name] for one in runs])) for name in SECONDS}
    return {
        "rounds": len(runs),
        **medians,
        "tokens_per_s": runs[0]["n_tokens"] / medians["documents_s"],
        "loaded_mb": runs[0]["loaded_bytes"] / 1e6,
        "min_cosine": float((embeddings * exact).sum(axis=1).min()),
        "plan": dict(runs[0]["report"])["plan"],
        "reasons": [text for name, text in runs[0]["report"] if name == "because"],
    }


def cpu_name() -> str:
    """Return the processor's name."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    """Run the rounds, print the rows, write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a model; without it, random weights of the 0.6B shape")
    parser.add_argument("--isa", default="AVX2", help="ONEDNN_MAX_CPU_ISA")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--run", nargs=4, metavar=("MODEL", "DTYPE", "PLAN", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(measure(*arguments.run)))
        return
    model = arguments.model or str(shaped_folder())
    out = Path(os.environ.get("TMPDIR", "/tmp")) / f"cpu_dtypes-{os.getpid()}.npy"  # noqa: S108 - removed below
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {row: [] for row in ROWS}
    embeddings: dict[tuple[str, str], np.ndarray] = {}
    load_before = os.getloadavg()[0]
    for _ in range(arguments.rounds):
        for row in ROWS:
            runs[row].append(run(arguments, model, row, out))
            embeddings[row] = np.load(out)
            print(*row, {name: round(runs[row][-1][name], 3) for name in SECONDS}, flush=True)
    out.unlink()
    rows = {" ".join(row): summary(runs[row], embeddings[row], embeddings[ROWS[0]]) for row in ROWS}
    for name, figures in rows.items():
        print(name, json.dumps(figures))
    if arguments.json:
        about = {"cpu": cpu_name(), "isa": arguments.isa, "model": arguments.model or "shape 0.6B"}
        load = {"load_before": load_before, "threads": os.environ.get("OMP_NUM_THREADS") or str(os.cpu_count())}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps({**about, **load, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
