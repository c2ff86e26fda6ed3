"""Lays figures out as Markdown tables and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from .measured import Measured, interval
from .sources.licences import described
from .training_text import TrainingText

SystemFigures = dict[str, dict[str, Measured]]


def markdown(figures: SystemFigures, model: str, before: str) -> str:
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


def as_json(figures: SystemFigures) -> str:
    """Return every figure with its interval."""
    return json.dumps(
        {
            system: {key: [round(figure.value(), 2), *interval(figure)] for key, figure in measured.items()}
            for system, measured in figures.items()
        },
        indent=1,
        ensure_ascii=False,
    )


def source_table(texts: Iterable[TrainingText]) -> str:
    """Return each source with its licence and how many pairs, translations and texts without a pair it has."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for item in texts:
        kind = "translation" if item.english else "pair" if item.answer else "text"
        counts.setdefault(described(item.source), Counter())[kind] += 1
    lines = ["| source | pairs | translations | texts alone | licence |", "|---|--:|--:|--:|---|"]
    for (name, licence), of in sorted(counts.items(), key=lambda found: -found[1].total()):
        cells = (f"{of[kind]:,}" if of[kind] else "" for kind in ("pair", "translation", "text"))
        lines.append(f"| {name} | {' | '.join(cells)} | {licence} |")
    total = sum((of for of in counts.values()), Counter[str]())
    lines.append(f"| together | {total['pair']:,} | {total['translation']:,} | {total['text']:,} | |")
    return "\n".join(lines)
