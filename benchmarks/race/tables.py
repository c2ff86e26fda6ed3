"""The summary as the tables of a page, and as bars."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from report import LONG

_SHOWN = {"M": "documents of one length", "D": "documents of mixed lengths", "Q": "query batch"}
_BATCHES = ("B1", "B4", "B16", "B64", "B256")
_NONE = "-"


def as_markdown(result: dict[str, Any]) -> str:
    """Return the page's tables."""
    machine = result["machine"]
    rates = ", ".join(f"{name} {rate:,.0f}" for name, rate in machine["gflops"].items())
    about = f"{machine['cpu']}, {machine['threads']} threads, torch {machine['torch']}, Python {machine['python']}."
    parts = [
        f"`python benchmarks/race {result['command']}`",
        about,
        f"Measured here: GFLOP/s {rates}; {machine['read_gb_s']} GB/s read.",
        *(make(result) for make in (_throughput, _latency, _ratios, _long, _batches, _integrations, _bulk)),
        "Not run:",
        "\n".join(f"- {name}: {why}." for name, why in result["not_run"].items()),
    ]
    return "\n\n".join(part for part in parts if part)


def page_table(result: dict[str, Any], fewest_rounds: int) -> str:
    """Return the one table of a page, of the engines that ran in at least `fewest_rounds` rounds, and its command."""
    machine = result["machine"]
    lines = [
        (
            entry["name"],
            *(_per_second(entry, name) for name in _SHOWN),
            f"{entry['single_ms']['p50']:.0f}" if entry["single_ms"] else _NONE,
            f"{entry['peak_mb']:,.0f}",
        )
        for entry in result["engines"].values()
        if entry["rounds"] >= fewest_rounds
    ]
    head = ("engine", *(f"{title}, tokens/s" for title in _SHOWN.values()), "single query, ms", "peak memory, MB")
    command = result["command"].partition(" --only")[0]
    about = f"`python benchmarks/race {command}` on {machine['cpu']}, {machine['threads']} threads:"
    return f"{about}\n\n{_table(head, lines)}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; "" without rows."""
    head, lines = list(head), [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines]) if lines else ""


def _per_second(entry: dict[str, Any], name: str, what: str = "n_tokens") -> str:
    known = entry["seconds"].get(name)
    return f"{entry[what][name] / known['median']:,.0f}" if known else _NONE


def _throughput(result: dict[str, Any]) -> str:
    head = ("engine", "rounds", *(f"{title}, tokens/s" for title in _SHOWN.values()), "of the roofline", "min cosine")
    return _table(
        head,
        (
            (
                entry["name"],
                str(entry["rounds"]),
                *(_per_second(entry, name) for name in _SHOWN),
                _percent(entry["roofline_share"].get("M")),
                _NONE if entry["min_cosine"] is None else f"{entry['min_cosine']:.6f}",
            )
            for entry in result["engines"].values()
        ),
    )


def _percent(share: float | None) -> str:
    return _NONE if share is None else f"{100 * share:.0f} %"


def _latency(result: dict[str, Any]) -> str:
    head = (
        "engine",
        "single query p50 (p99), ms",
        "first query, ms",
        "first vector, s",
        "memory loaded, MB",
        "peak, MB",
    )
    return _table(
        head,
        (
            (
                entry["name"],
                f"{entry['single_ms']['p50']:.0f} ({entry['single_ms']['p99']:.0f})" if entry["single_ms"] else _NONE,
                f"{entry['first_query_ms']:.0f}",
                f"{entry['first_vector_s']['median']:.1f}",
                f"{entry['peak_load_mb']:,.0f}",
                f"{entry['peak_mb']:,.0f}",
            )
            for entry in result["engines"].values()
        ),
    )


def _ratios(result: dict[str, Any]) -> str:
    shown = {**_SHOWN, "S": "single query", "L8": "8,000 tokens"}
    return _table(
        ("how many times faster is", "than", *shown.values()),
        (
            (entry["name"], result["engines"][other]["name"], *(_spread(ratios.get(name)) for name in shown))
            for key, entry in result["engines"].items()
            if key.startswith("ours_")
            for other, ratios in entry["ratio"].items()
            if ratios
        ),
    )


def _spread(ratio: dict[str, float] | None) -> str:
    return f"{ratio['median']:.1f} ({ratio['min']:.1f}-{ratio['max']:.1f})" if ratio else _NONE


def _long(result: dict[str, Any]) -> str:
    head = [f"{int(name[1]):,},000 tokens: tokens/s, of the roofline, MB beyond the model" for name in LONG]
    return _table(
        ("engine", *head),
        (
            (
                entry["name"],
                *(_long_cell(entry, name) for name in LONG),
            )
            for entry in result["engines"].values()
            if "L2" in entry["seconds"]
        ),
    )


def _long_cell(entry: dict[str, Any], name: str) -> str:
    if name not in entry["seconds"]:
        return _NONE
    return f"{_per_second(entry, name)}, {_percent(entry['roofline_share'].get(name))}, {entry['long_mb'][name]:,.0f}"


def _batches(result: dict[str, Any]) -> str:
    return _table(
        ("engine", *(f"{name[1:]} short texts a call: texts/s" for name in _BATCHES)),
        (
            (entry["name"], *(_per_second(entry, name, "n_texts") for name in _BATCHES))
            for entry in result["engines"].values()
            if "B1" in entry["seconds"]
        ),
    )


def _integrations(result: dict[str, Any]) -> str:
    return _table(
        ("integration", "ms", "encoder alone, ms", "slower by", "own processor time for 1,000 texts, ms"),
        (
            (
                name,
                f"{integration['integration_ms']:.0f}",
                f"{integration['encoder_ms']:.0f}",
                f"{integration['slower_percent']:+.1f} %",
                f"{integration['own_cpu_ms_of_1000']:.1f}",
            )
            for name, integration in result.get("integrations", {}).items()
        ),
    )


def _bulk(result: dict[str, Any]) -> str:
    return _table(
        ("100,000 short texts in one call", "first batch done, s", "texts/s", "memory grew by, MB", "result, MB"),
        (
            (
                name,
                f"{told['first_batch_s']:.1f}",
                f"{told['n_done'] / told['seconds']:,.0f}",
                f"{told['grew_mb']:,.0f}",
                f"{told['result_mb']:,.0f}",
            )
            for name, told in result.get("bulk", {}).items()
        ),
    )


def draw_plots(result: dict[str, Any], folder: Path) -> None:
    """Draw documents and single queries of all engines as bars."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "race"  # the same results draw the same file
    from matplotlib import pyplot as plt

    engines = [entry for entry in result["engines"].values() if entry["single_ms"]]
    names = [entry["name"] for entry in engines]
    colours = ["#2a6fdb" if name.startswith("this package") else "#b9bec6" for name in names]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.45 * len(names) + 1.2), sharey=True)
    left.barh(names, [entry["n_tokens"]["D"] / entry["seconds"]["D"]["median"] for entry in engines], color=colours)
    left.set_xlabel("documents of mixed lengths, tokens/s")
    right.barh(names, [entry["single_ms"]["p50"] for entry in engines], color=colours)
    right.set_xlabel("single query, ms")
    left.invert_yaxis()
    figure.tight_layout()
    figure.savefig(folder / "performance.svg", metadata={"Date": None})
