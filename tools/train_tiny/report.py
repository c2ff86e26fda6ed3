"""Lays figures out as Markdown tables, and keeps their scores to compare a later model with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .evaluate import Measured, interval

_SLASH = "%2F"  # numpy keeps arrays under their names as files
Figures = dict[str, dict[str, Measured]]


def save_scores(measured: Mapping[str, Measured], path: Path) -> None:
    """Write a system's scores, so that it need not be measured again."""
    arrays = {f"{key}#scores": figure.scores.astype(np.float32) for key, figure in measured.items()}
    arrays |= {
        f"{key}#gold": figure.gold.astype(np.float32) for key, figure in measured.items() if figure.gold is not None
    }
    np.savez_compressed(path, **{key.replace("/", _SLASH): values for key, values in arrays.items()})


def load_scores(path: Path) -> dict[str, Measured]:
    """Return what `save_scores` wrote."""
    with np.load(path) as arrays:
        names = [name for name in arrays.files if name.endswith("#scores")]
        return {
            name.removesuffix("#scores").replace(_SLASH, "/"): Measured(
                arrays[name], arrays[gold] if (gold := name.replace("#scores", "#gold")) in arrays.files else None
            )
            for name in names
        }


def markdown(figures: Figures, model: str, before: str) -> str:
    """Return two tables: each set at 256 dimensions beside the other systems, and at fewer dimensions."""
    ours, earlier = figures[model], figures.get(before, {})
    others = [name for name in figures if name not in {model, before}]
    lines = [
        f"| set | task | {' | '.join(others)} | before | **{model}** | 95 % interval | difference |",
        f"|---|---|{'--:|' * (len(others) + 4)}",
    ]
    for key, figure in ours.items():
        name, width, task = key.split(" | ")
        if width != "256":
            continue
        cells = [_beside(figures[other], name) for other in others]
        old = earlier.get(key)
        change = "{:+.1f} to {:+.1f}".format(*interval(figure, old)) if old else ""
        low, high = interval(figure)
        cells += [f"{old.value():.1f}" if old else "", f"**{figure.value():.1f}**", f"{low:.1f} to {high:.1f}", change]
        lines.append(f"| {name} | {task} | {' | '.join(cells)} |")
    lines += ["", "| set | task | 256 | 128 | 64 |", "|---|---|--:|--:|--:|"]
    for key in ours:
        name, width, task = key.split(" | ")
        if width == "256":
            cells = [f"{ours[f'{name} | {w} | {task}'].value():.1f}" for w in (256, 128, 64)]
            lines.append(f"| {name} | {task} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _beside(measured: Mapping[str, Measured], name: str) -> str:
    found = [figure for key, figure in measured.items() if key.split(" | ")[0] == name]
    return f"{found[0].value():.1f}" if found else ""


def as_json(figures: Figures) -> str:
    """Return every figure with its interval."""
    return json.dumps(
        {
            system: {key: [round(figure.value(), 2), *interval(figure)] for key, figure in measured.items()}
            for system, measured in figures.items()
        },
        indent=1,
        ensure_ascii=False,
    )
