"""The table and the chart of docs/stores.md, from the stored results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pages import replace_block

BLOCK = "stores"
_PICTURE = "stores.svg"
_VECTORS = {
    256: "the bundled model's own embeddings of 256 numbers",
    1024: "vectors of 1,024 numbers made from those (`benchmarks/stores/passages.py` says how)",
}


def write_report(result: dict[str, Any], docs: Path) -> None:
    """Put the tables into the page's <!-- stores --> block, draw the chart beside it, and print the tables."""
    parts = [_searches(result, dimension) for dimension in _VECTORS] + [_writes(result)]
    if result["searches"]:
        draw(result["searches"], docs / _PICTURE)
        parts.insert(0, f"![Recall and latency of the kinds of search]({_PICTURE})")
    text = "\n\n".join(part for part in parts if part)
    replace_block(docs / "stores.md", BLOCK, f"{text}\n")
    print(text)


def _searches(result: dict[str, Any], dimension: int) -> str:
    """Return the table of the searches in one dimension, beside the exact ones; "" if none was run."""
    searches = [one for one in result["searches"] if one["dimension"] == dimension]
    exact = {one["engine"]: one["ms"] for one in searches if one["name"] == "exact"}
    if not exact:
        return ""
    commands = ", ".join(f"`python benchmarks/stores {engine.lower()} {dimension}`" for engine in sorted(exact))
    lines = [
        f"{commands}: {result['n_documents']:,} passages",
        f"of real text, {_VECTORS[dimension]}, {result['n_queries']} queries one after another (20 where pgvector has",
        f"no index), {_machine(searches, result)}. Recall is of the exact ten, inserts are into the finished index.",
        "",
        "| engine | search | recall@10 | ms a query | of exact | queries/s | s to build | bytes a vector | inserts/s |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one['engine']} | {one['name']} | {one['recall']:.3f} | {one['ms']:.1f} | "
        f"{one['ms'] / exact[one['engine']]:.2f} | {one['queries_s']:,.0f} | {one['build_s']:.0f} | "
        f"{one['bytes_per_vector']:,.0f} | {one['inserts_s']:,.0f} |"
        for one in sorted(searches, key=lambda one: (one["engine"], -one["ms"]))
        if one["engine"] in exact
    ]
    return "\n".join(lines)


def _writes(result: dict[str, Any]) -> str:
    """Return the table of bulk writes; "" if none was measured."""
    if not result["writes"]:
        return ""
    n_documents = result["writes"][0]["n"]
    lines = [
        f"`python benchmarks/stores writes`: documents a second, {n_documents:,} of 1,024 numbers, without the time of",
        f"embedding, {_machine(result['writes'], result)}.",
        "No Qdrant or Milvus server runs here: theirs is the local mode. In memory Qdrant's client takes the same time",
        "on a point however it is given, and there is no disk to wait for: nothing can be gained there.",
        "",
        "| engine | stock `add_texts` | `add_documents` | times |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {one['engine']} | {one['stock']:,.0f} | {one['add_documents']:,.0f} | {one['times_faster']:.1f} |"
        for one in sorted(result["writes"], key=lambda one: -one["times_faster"])
    ]
    return "\n".join(lines)


def _machine(results: list[dict[str, Any]], result: dict[str, Any]) -> str:
    loads = [one["load"] for one in results]
    return f"{result['cpus']} cores of an AMD EPYC (Zen 4) at load {min(loads)} to {max(loads)}"


def draw(searches: list[dict[str, Any]], path: Path) -> None:
    """Draw recall against latency, one point for each kind of search and one panel for each dimension."""
    from matplotlib.figure import Figure

    dimensions = sorted({one["dimension"] for one in searches})
    figure = Figure(figsize=(7.0, 3.6 * len(dimensions)), layout="constrained")
    panels = figure.subplots(len(dimensions), squeeze=False)[:, 0]
    for dimension, axes in zip(dimensions, panels, strict=True):
        for engine in sorted({one["engine"] for one in searches if one["dimension"] == dimension}):
            own = [one for one in searches if (one["engine"], one["dimension"]) == (engine, dimension)]
            axes.scatter([one["ms"] for one in own], [one["recall"] for one in own], label=engine)
            for one in own:
                axes.annotate(one["name"], (one["ms"], one["recall"]), (4, -9), textcoords="offset points", fontsize=6)
        axes.set_xscale("log")
        axes.set_title(f"{dimension:,} numbers", fontsize=9)
        axes.set_xlabel("ms a query")
        axes.set_ylabel("recall@10")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    figure.savefig(path, metadata={"Date": None})
