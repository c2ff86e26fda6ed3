"""Time the runtimes of one model beside each other, interleaved: torch, ONNX Runtime and OpenVINO.

    python benchmarks/runtimes.py --model tiny --write benchmarks/results/runtimes.json
    python benchmarks/runtimes.py --model FOLDER --exported FOLDER-onnx

Documents are docstrings of the standard library, of mixed length; queries their first words, one after another. Each
round runs every runtime once, in turn, so that a busy minute of the machine affects all of them; the best round counts.
With ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 torch computes as on a CPU without
AVX-512; ONNX Runtime and OpenVINO have no such switch. With --one-thread each runtime gets one thread, and CPU seconds
count instead of those of the clock: a busy machine then changes little.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from cpu_dtypes import cpu_name

from qwen3_embed_integrations import Qwen3Encoder

MODULES = ("csv", "shutil", "random", "statistics", "pathlib", "json", "tempfile", "argparse", "logging", "threading")
RUNTIMES: dict[str, dict[str, Any]] = {
    "torch float32": {"dtype": "float32"},
    "torch bfloat16": {"dtype": "bfloat16"},
    "torch int8": {"dtype": "int8"},
    "onnxruntime": {"backend": "onnx"},
    "openvino": {"backend": "onnx", "runtime": "openvino"},
}


def documents(count: int) -> list[str]:
    """Return docstrings of the standard library, from a line to a page, in a fixed order."""
    members = [member for name in MODULES for _, member in inspect.getmembers(import_module(name), inspect.isroutine)]
    classes = [one for name in MODULES for _, one in inspect.getmembers(import_module(name), inspect.isclass)]
    members += [member for one in classes for _, member in inspect.getmembers(one, inspect.isroutine)]
    found = list(dict.fromkeys(filter(None, map(inspect.getdoc, members))))
    modules = list(filter(None, (inspect.getdoc(import_module(name)) for name in MODULES)))
    texts = [*modules, *found]
    return [texts[index % len(texts)] + f" ({index})" for index in range(count)]


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that some work takes; with one thread, its CPU seconds."""
    clock = time.process_time if os.environ.get("OMP_NUM_THREADS") == "1" else time.perf_counter
    began = clock()
    work()
    return clock() - began


def measure(encoders: dict[str, Qwen3Encoder], texts: list[str], n_queries: int, rounds: int) -> dict[str, Any]:
    """Return the figures of each runtime: its best round of documents, its median and best query."""
    queries = [" ".join(text.split()[:8]) for text in texts[:n_queries]]
    reference = next(iter(encoders.values())).encode_document(texts[:64])
    for encoder in encoders.values():
        encoder.encode_query(queries[:2])
        encoder.encode_document(texts[:8])
    seconds: dict[str, list[float]] = {name: [] for name in encoders}
    latencies: dict[str, list[float]] = {name: [] for name in encoders}
    for _ in range(rounds):
        for name, encoder in encoders.items():
            seconds[name].append(timed(lambda encoder=encoder: encoder.encode_document(texts)))
            latencies[name] += [timed(lambda e=encoder, q=query: e.encode_query([q])) for query in queries]
    n_tokens = int(next(iter(encoders.values())).count_tokens(texts).sum())
    return {
        name: {
            "documents_per_s": round(len(texts) / min(seconds[name]), 1),
            "tokens_per_s": round(n_tokens / min(seconds[name])),
            "query_median_ms": round(1e3 * float(np.median(latencies[name])), 2),
            "query_best_ms": round(1e3 * min(latencies[name]), 2),
            "largest_difference": float(np.abs(encoder.encode_document(texts[:64]) - reference).max()),
        }
        for name, encoder in encoders.items()
    }


def main() -> None:
    """Measure and print, or write, the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--exported", help="its export; default: the model itself")
    parser.add_argument("--only", nargs="*", choices=RUNTIMES, default=list(RUNTIMES))
    parser.add_argument("--documents", type=int, default=512)
    parser.add_argument("--queries", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one-thread", action="store_true", help="count CPU seconds of one thread")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.one_thread:
        os.environ["OMP_NUM_THREADS"] = "1"  # read when a runtime loads
    encoders = {
        name: Qwen3Encoder(
            model=(given.exported or given.model) if "backend" in RUNTIMES[name] else given.model, **RUNTIMES[name]
        )
        for name in given.only
    }
    result = {
        "model": Path(given.model).name,
        "machine": f"{cpu_name()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "isa": os.environ.get("ONEDNN_MAX_CPU_ISA", "all"),
        "versions": {name: version(name) for name in ("torch", "onnxruntime", "openvino")},
        "n_documents": given.documents,
        "seconds": "of one thread's CPU" if given.one_thread else "of the clock",
        "runtimes": measure(encoders, documents(given.documents), given.queries, given.rounds),
    }
    text = json.dumps(result, indent=1)
    print(text)
    if given.write:
        given.write.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
