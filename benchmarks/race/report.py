"""From the runs to a table, JSON and plots: medians of the rounds, and ratios within a round."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from machine import ATTENTION_FLOP, LINEAR_FLOP

WORKLOADS = {
    "M": "documents of one length",
    "D": "documents of mixed lengths",
    "Q": "query batch",
    "L2": "2,000 tokens",
    "L4": "4,000 tokens",
    "L8": "8,000 tokens",
}
"""Shown as tokens a second; the prompt of queries is not counted."""

_REFERENCE = "ours_float32"
_MB = 1e6


def summarise(
    runs: list[dict[str, Any]], missing: dict[str, str], machine: dict[str, Any], command: str
) -> dict[str, Any]:
    """Gives everything that the table, the page and the plots show."""
    engines: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        engines.setdefault(run["engine"], []).append(run)
    reference = _rows(engines[_REFERENCE][0]["rows"]) if _REFERENCE in engines else None
    summary = {key: _engine(rounds, reference) for key, rounds in engines.items()}
    for key, entry in summary.items():
        entry["ratio"] = {
            other: _ratios(engines[key], engines[other]) for other in engines if other != key and not _is_ours(other)
        }
    plain = [{name: value for name, value in run.items() if name != "rows"} for run in runs]
    return {"command": command, "machine": machine, "engines": summary, "not_run": missing, "runs": plain}


def _is_ours(key: str) -> bool:
    return key.startswith(("ours_", "door_"))


def _engine(rounds: list[dict[str, Any]], reference: dict[str, Any] | None) -> dict[str, Any]:
    seconds = [run["seconds"] for run in rounds]
    single = np.array([one for spent in seconds for one in spent["S"]]) * 1e3
    return {
        "name": rounds[0]["name"],
        "rounds": len(rounds),
        "seconds": {name: _spread(spent[name] for spent in seconds) for name in seconds[0] if name != "S"},
        "single_ms": {"p50": float(np.percentile(single, 50)), "p99": float(np.percentile(single, 99))},
        "peak_mb": median(run["peak_bytes"] for run in rounds) / _MB,
        "peak_load_mb": median(run["peak_load_bytes"] for run in rounds) / _MB,
        "min_cosine": _min_cosine(_rows(rounds[0]["rows"]), reference),
        "n_tokens": rounds[0]["n_tokens"],
        "n_texts": rounds[0]["n_texts"],
    }


def _spread(values: Iterable[float]) -> dict[str, float]:
    known = sorted(values)
    return {"median": median(known), "min": known[0], "max": known[-1]}


def _rows(path: str) -> dict[str, Any]:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored}


def _min_cosine(rows: dict[str, Any], reference: dict[str, Any] | None) -> float | None:
    if reference is None:
        return None
    lowest = 1.0
    for name, found in rows.items():
        theirs = reference[name].astype(np.float64)
        norms = np.linalg.norm(found, axis=1) * np.linalg.norm(theirs, axis=1)
        lowest = min(lowest, float(((found * theirs).sum(axis=1) / norms).min()))
    return lowest


def _ratios(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Gives how many times faster we are, workload by workload, round by round."""
    by_round = {run["round"]: run["seconds"] for run in theirs}
    pairs = [(run["seconds"], by_round[run["round"]]) for run in ours if run["round"] in by_round]
    if not pairs:
        return {}
    names = [name for name in pairs[0][0] if name in pairs[0][1]]
    total = {name: [float(np.median(them[name]) / np.median(us[name])) for us, them in pairs] for name in names}
    return {name: _spread(values) for name, values in total.items()}


def roofline(machine: dict[str, Any], dtype: str, length: float = 0) -> float:
    """Gives the tokens a second that matrix products alone would allow for texts of this length."""
    rates = {name: rate for name, rate in machine["gflops"].items() if name.startswith(dtype)}
    return float(max(rates.values()) * 1e9 / (LINEAR_FLOP + ATTENTION_FLOP * length / 2))


def as_markdown(result: dict[str, Any]) -> str:
    """Gives the tables of the page."""
    machine, engines = result["machine"], result["engines"]
    rates = ", ".join(f"{name} {rate:,.0f}" for name, rate in machine["gflops"].items())
    shown = [name for name in WORKLOADS if any(name in entry["seconds"] for entry in engines.values())]
    lines = [
        f"`python benchmarks/race {result['command']}`",
        "",
        f"{machine['cpu']}, {machine['threads']} threads, torch {machine['torch']}, Python {machine['python']}.",
        "",
        f"Measured here: GFLOP/s {rates}; {machine['read_gb_s']} GB/s read.",
        "",
        "| engine | rounds | "
        + " | ".join(f"{WORKLOADS[name]}, tokens/s" for name in shown)
        + " | single query p50 (p99), ms | load, s | peak memory, MB | min cosine |",
        "|---" * (len(shown) + 6) + "|",
    ]
    lines += [_line(entry, shown) for entry in engines.values()]
    lines += ["", "Not run:", "", *(f"- {name}: {why}." for name, why in result["not_run"].items())]
    return "\n".join(lines)


def _line(entry: dict[str, Any], shown: list[str]) -> str:
    rates = [
        f"{entry['n_tokens'][name] / entry['seconds'][name]['median']:,.0f}" if name in entry["seconds"] else "-"
        for name in shown
    ]
    single, cosine = entry["single_ms"], entry["min_cosine"]
    cells = [
        entry["name"],
        str(entry["rounds"]),
        *rates,
        f"{single['p50']:.0f} ({single['p99']:.0f})",
        f"{entry['seconds']['load']['median']:.1f}",
        f"{entry['peak_mb']:,.0f}",
        "-" if cosine is None else f"{cosine:.6f}",
    ]
    return f"| {' | '.join(cells)} |"


def draw_plots(result: dict[str, Any], folder: Path) -> None:
    """Draws documents and single queries of all engines as bars."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    engines = [entry for key, entry in result["engines"].items() if not key.startswith("door_")]
    names = [entry["name"] for entry in engines]
    colours = ["#2a6fdb" if name.startswith("this package") else "#b9bec6" for name in names]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.45 * len(names) + 1.2), sharey=True)
    left.barh(names, [entry["n_tokens"]["D"] / entry["seconds"]["D"]["median"] for entry in engines], color=colours)
    left.set_xlabel("documents of mixed lengths, tokens/s")
    right.barh(names, [entry["single_ms"]["p50"] for entry in engines], color=colours)
    right.set_xlabel("single query, ms")
    left.invert_yaxis()
    figure.tight_layout()
    figure.savefig(folder / "performance.svg")
