"""Measure what fewer bits cost: exports of one model in each dtype, and torch's int8, beside float32.

    python benchmarks/quantised.py --model tiny --write

For each: size, cosines of documents with their float32 embeddings, and retrieval on two sets whose documents are
embedded in the same dtype as the queries, and on the same sets with float32 documents. --write stores
benchmarks/results/quantised.json and the table in docs/runtimes.md.
"""

from __future__ import annotations

import argparse
import inspect
import json
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from pages import replace_block
from task_presets import networkx_functions

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.evaluation import RetrievalDataset, evaluate_embeddings
from qwen3_embed_integrations.export import ExportOptions, export

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "quantised.json"
PAGE = ROOT / "docs" / "runtimes.md"
BLOCK = "quantised"
DTYPES = ("float32", "float16", "int8", "int8_blocks", "int4")
MODULES = ("csv", "shutil", "random", "statistics", "pathlib", "json", "tempfile", "argparse", "logging", "threading")


def code_set(n_most: int) -> RetrievalDataset:
    """Return functions of networkx: the docstring's first paragraph finds the function's code."""
    pairs = networkx_functions()
    return RetrievalDataset.of_pairs(pairs[:: -(-len(pairs) // n_most)])


def docstring_set() -> RetrievalDataset:
    """Return docstrings of the standard library: the first sentence finds the rest."""
    pairs = {}
    for name in MODULES:
        module = import_module(name)
        owners = [module, *(one for _, one in inspect.getmembers(module, inspect.isclass))]
        for owner in owners:
            for _, member in inspect.getmembers(owner, inspect.isroutine):
                first, _, rest = (inspect.getdoc(member) or "").partition("\n\n")
                if len(rest) > 80:  # noqa: PLR2004 - characters: a document that says something
                    pairs[" ".join(first.split())] = rest
    return RetrievalDataset.of_pairs(pairs.items())


def ndcg(dataset: RetrievalDataset, queries: Any, documents: Any) -> float:
    """Return nDCG@10 of the embeddings at full width."""
    (metrics,) = evaluate_embeddings(queries, documents, dataset, [documents.shape[1]])
    return round(metrics.ndcg_at_10, 4)


def measure(encoder: Qwen3Encoder, sets: dict[str, RetrievalDataset], exact: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of one encoder; the first one measured fills `exact` with its float32 embeddings."""
    report: dict[str, Any] = {"ndcg_at_10": {}, "with_float32_documents": {}}
    cosines: list[float] = []
    for name, dataset in sets.items():
        documents, queries = encoder.encode_document(dataset.documents), encoder.encode_query(dataset.queries)
        reference = exact.setdefault(name, documents)
        cosines += (documents.astype(np.float64) * reference).sum(axis=1).tolist()
        report["ndcg_at_10"][name] = ndcg(dataset, queries, documents)
        report["with_float32_documents"][name] = ndcg(dataset, queries, reference)
    quantiles = np.quantile(cosines, (0, 0.01, 0.5))
    report["cosine"] = dict(zip(("smallest", "first_percent", "median"), np.round(quantiles, 5).tolist(), strict=True))
    return report


def table(result: dict[str, Any]) -> str:
    """Return the figures as a Markdown table."""
    names = list(result["sets"])
    heads = ["", "MB", "median cosine", "1 % are below", *(f"nDCG@10, {name}" for name in names)]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|'}{'--:|' * (len(heads) - 1)}"]
    for name, found in result["dtypes"].items():
        cells = [
            name,
            f"{found['megabytes']:.1f}" if found["megabytes"] else "-",
            f"{found['cosine']['median']:.5f}",
            f"{found['cosine']['first_percent']:.5f}",
            *(f"{found['ndcg_at_10'][one]:.4f}" for one in names),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    sizes = ", ".join(f"{n:,} {name}" for name, n in result["sets"].items())
    note = (
        f"`{result['model']}`, a model of 2 layers, which noise hits harder than a deep one; {sizes}. Most of its "
        "size is the table of token\nembeddings. Measured by `python benchmarks/quantised.py --write`."
    )
    return "\n".join([*lines, "", note])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--functions", type=int, default=400)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    sets = {"code": code_set(given.functions), "docstrings": docstring_set()}
    exact: dict[str, Any] = {}
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for dtype in DTYPES:
            options = ExportOptions(output=Path(scratch) / dtype, weights_dtype=dtype)
            report = export(EncoderConfig(model=given.model), options)
            encoder = Qwen3Encoder(model=str(report.folder), backend="onnx")
            found[dtype] = {"megabytes": report.n_bytes / 1e6, **measure(encoder, sets, exact)}
            encoder.unload()
    torch_int8 = Qwen3Encoder(model=given.model, dtype="int8")
    found["torch, int8"] = {"megabytes": None, **measure(torch_int8, sets, exact)}
    result = {"model": given.model, "sets": {name: len(one.documents) for name, one in sets.items()}, "dtypes": found}
    print(table(result))
    if given.write:
        RESULTS.write_text(f"{json.dumps(result, indent=1)}\n", encoding="utf-8")
        replace_block(PAGE, BLOCK, table(result))


if __name__ == "__main__":
    main()
