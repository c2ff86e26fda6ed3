"""How often Chroma's search graph misses the nearest document, with its defaults and as `open_collection` sets it up.

python benchmarks/hnsw_recall.py                        print the table
python benchmarks/hnsw_recall.py --write docs/chroma.md put it into the page

Documents are the docstrings of Python's standard library, embedded by the bundled model; the query is "What does NAME
do?" for every twentieth of them. The nearest document is computed exactly, by a matrix product.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromadb
from pages import replace_block, require_block

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.chroma import open_collection

BLOCK = "hnsw"
EVERY = 20
BATCH = 1000
N_CHARACTERS = 1000
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "Chroma's defaults": {"hnsw": {"space": "cosine", "ef_construction": 100, "ef_search": 100}},
    "`open_collection`": {},
}


def main() -> None:
    """Embed, build and search one collection for each configuration; print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into its <!-- hnsw --> block")
    page = parser.parse_args().write
    if page:
        require_block(page, BLOCK)
    documents = dict(docstrings())
    names = list(documents)[::EVERY]
    encoder = Qwen3Encoder(model="tiny")
    stored = encoder.encode_document([f"{name}\n\n{text}"[:N_CHARACTERS] for name, text in documents.items()])
    queries = encoder.encode_query([f"What does {name} do?" for name in names])
    nearest = (queries @ stored.T).max(axis=1)
    what = f"{len(documents):,} docstrings, {len(names)} queries, chromadb {chromadb.__version__}"
    lines = [
        f"`python benchmarks/hnsw_recall.py`: {what}:",
        "",
        "| graph | nearest document missed | ms a query | s to store all |",
        "|---|--:|--:|--:|",
        *(_line(name, configuration, stored, queries, nearest) for name, configuration in CONFIGURATIONS.items()),
    ]
    table = "\n".join(lines)
    print(table)
    if page:
        replace_block(page, BLOCK, f"{table}\n")


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield (name, docstring) of each public class and function of the standard library's modules in Python."""
    for module in sorted(sys.stdlib_module_names):
        spec = None if module.startswith("_") else importlib.util.find_spec(module)
        if spec and spec.origin and spec.origin.endswith(".py"):
            tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
            yield from _definitions(tree, module)


def _definitions(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, str]]:
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or child.name.startswith("_"):
            continue
        name = f"{prefix}.{child.name}"
        if text := ast.get_docstring(child):
            yield name, text
        if isinstance(child, ast.ClassDef):
            yield from _definitions(child, name)


def _line(name: str, configuration: dict[str, Any], stored: Any, queries: Any, nearest: Any) -> str:
    client = chromadb.EphemeralClient()
    collection = open_collection(client, "graph", model="tiny", configuration=configuration or None)
    began = time.perf_counter()
    for first in range(0, len(stored), BATCH):
        part = stored[first : first + BATCH]
        collection.add(ids=[str(first + i) for i in range(len(part))], embeddings=part)
    store_s = time.perf_counter() - began
    began = time.perf_counter()
    found = [collection.query(query_embeddings=[query], n_results=1)["ids"][0][0] for query in queries]
    query_ms = 1e3 * (time.perf_counter() - began) / len(queries)
    client.delete_collection("graph")
    scores = (queries * stored[[int(one) for one in found]]).sum(axis=1)
    n_missed = int((scores < nearest - 1e-5).sum())  # equal docstrings are equally near
    share = 100 * n_missed / len(queries)
    return f"| {name} | {n_missed} of {len(queries)} ({share:.1f} %) | {query_ms:.1f} | {store_s:.1f} |"


if __name__ == "__main__":
    main()
