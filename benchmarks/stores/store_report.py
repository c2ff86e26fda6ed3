"""The table and the chart of docs/stores.md, from the stored results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pages import replace_block

BLOCK = "stores"
_PICTURE = "stores.svg"


def write_report(result: dict[str, Any], docs: Path) -> None:
    """Put the tables into the page's <!-- stores --> block, draw the chart beside it, and print the tables."""
    parts = [_searches(result), _writes(result)]
    if result["searches"]:
        draw(result["searches"], docs / _PICTURE)
        parts.insert(0, f"![Recall and latency of the kinds of search]({_PICTURE})")
    text = "\n\n".join(part for part in parts if part)
    replace_block(docs / "stores.md", BLOCK, f"{text}\n")
    print(text)


def _searches(result: dict[str, Any]) -> str:
    """Return the table of searches, each beside the exact one of its engine; "" if none was measured."""
    exact = {one["engine"]: one["ms"] for one in result["searches"] if one["name"] == "exact"}
    if not exact:
        return ""
    lines = [
        f"`python benchmarks/stores`: {result['n_documents']:,} passages of 1,024 numbers, {result['n_queries']}",
        f"queries one after another, {_machine(result, 'searches')}. The first 256 numbers are {result['heads']}, of",
        "real text; the rest is made from them with noise, as a Matryoshka model's would be.",
        "",
        "| engine | search | recall@10 | ms a query | of exact | s to fill and build | bytes a vector |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one['engine']} | {one['name']} | {one['recall']:.3f} | {one['ms']:.1f} | "
        f"{one['ms'] / exact[one['engine']]:.2f} | {one['build_s']:.0f} | {one['bytes_per_vector']:,.0f} |"
        for one in sorted(result["searches"], key=lambda one: (one["engine"], -one["ms"]))
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
        f"embedding, {_machine(result, 'writes')}. No Qdrant or Milvus server runs here: theirs is the local mode.",
        "",
        "| engine | stock `add_texts` | `add_documents` | times |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {one['engine']} | {one['stock']:,.0f} | {one['add_documents']:,.0f} | {one['times_faster']:.1f} |"
        for one in sorted(result["writes"], key=lambda one: -one["times_faster"])
    ]
    return "\n".join(lines)


def _machine(result: dict[str, Any], part: str) -> str:
    loads = [one["load"] for one in result[part]]
    return f"{result['cpus']} CPUs with other programs on them (load {min(loads)} to {max(loads)})"


def draw(searches: list[dict[str, Any]], path: Path) -> None:
    """Draw recall against latency, one point for each kind of search."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for engine in sorted({one["engine"] for one in searches}):
        own = [one for one in searches if one["engine"] == engine]
        axes.scatter([one["ms"] for one in own], [one["recall"] for one in own], label=engine)
        for one in own:
            axes.annotate(one["name"], (one["ms"], one["recall"]), (4, -10), textcoords="offset points", fontsize=7)
    axes.set_xscale("log")
    axes.set_xlabel("ms a query")
    axes.set_ylabel("recall@10")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
