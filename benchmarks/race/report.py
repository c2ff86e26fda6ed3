"""Summarise the runs: medians of the rounds, ratios within a round, shares of the roofline."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any

import numpy as np

LONG = ("L2", "L4", "L8")
_DTYPES = ("float32", "bfloat16", "int8")
_REFERENCE = "ours_float32"
_MB = 1e6


def summarise(runs: list[dict[str, Any]], missing: dict[str, str], extras: dict[str, Any]) -> dict[str, Any]:
    """Return all that the tables and plots show; `extras` has the machine, the integrations and the bulk call."""
    engines: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        engines.setdefault(run["engine"], []).append(run)
    reference = _rows(engines[_REFERENCE][0]["rows"]) if _REFERENCE in engines else None
    summary = {key: _engine(rounds, reference) for key, rounds in engines.items()}
    for key, entry in summary.items():
        entry["ratio"] = {
            other: _ratios(engines[key], engines[other]) for other in engines if other != key and not _is_ours(other)
        }
        entry["roofline_share"] = _shares(entry, extras["machine"])
    plain = [{name: value for name, value in run.items() if name != "rows"} for run in runs]
    return {**extras, "engines": summary, "not_run": missing, "runs": plain}


def _is_ours(key: str) -> bool:
    return key.startswith("ours_")


def _engine(rounds: list[dict[str, Any]], reference: dict[str, Any] | None) -> dict[str, Any]:
    first = rounds[0]
    single = np.array([one for run in rounds for one in run["calls"].get("S", [])]) * 1e3
    return {
        "name": first["name"],
        "rounds": len(rounds),
        "seconds": {name: _spread(sum(run["calls"][name]) for run in rounds) for name in first["calls"]},
        "single_ms": {f"p{p}": float(np.percentile(single, p)) for p in (50, 99)} if len(single) else None,
        "first_query_ms": 1e3 * median(run["first_query_s"] for run in rounds),
        "first_vector_s": _spread(spent for run in rounds for spent in run["loads"]),
        "peak_load_mb": median(run["peak_load_bytes"] for run in rounds) / _MB,
        "peak_mb": median(max(run["peak_load_bytes"], *run["peaks"].values()) for run in rounds) / _MB,
        "long_mb": {
            name: median(run["peaks"][name] - run["resident_bytes"] for run in rounds) / _MB
            for name in LONG
            if name in first["peaks"]
        },
        "min_cosine": _min_cosine(_rows(first["rows"]), reference),
        "n_tokens": first["n_tokens"],
        "n_texts": first["n_texts"],
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
    for name in rows.keys() & reference.keys():
        found = rows[name]
        theirs = reference[name].astype(np.float64)
        norms = np.linalg.norm(found, axis=1) * np.linalg.norm(theirs, axis=1)
        lowest = min(lowest, float(((found * theirs).sum(axis=1) / norms).min()))
    return lowest


def _ratios(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return how many times faster this package is, for each workload, over the rounds."""
    by_round = {run["round"]: run["calls"] for run in theirs}
    pairs = [(run["calls"], by_round[run["round"]]) for run in ours if run["round"] in by_round]
    if not pairs:
        return {}
    names = [name for name in pairs[0][0] if name in pairs[0][1]]
    return {name: _spread(float(np.median(them[name]) / np.median(us[name])) for us, them in pairs) for name in names}


def _shares(entry: dict[str, Any], machine: dict[str, Any]) -> dict[str, float]:
    """Return the share of the roofline for each workload with texts of one length."""
    dtype = next((dtype for dtype in _DTYPES if dtype in entry["name"]), None)
    if dtype is None:
        return {}
    return {
        name: entry["n_tokens"][name]
        / entry["seconds"][name]["median"]
        / roofline(machine, dtype, entry["n_tokens"][name] / entry["n_texts"][name])
        for name in ("M", *LONG)
        if name in entry["seconds"]
    }


def roofline(machine: dict[str, Any], dtype: str, length: float) -> float:
    """Return the tokens a second that matrix products, attention's among them, allow for texts of this length."""
    rate = max(rate for name, rate in machine["gflops"].items() if name.startswith(dtype))
    return float(rate * 1e9 / (machine["flop"]["linear"] + machine["flop"]["attention"] * length))
