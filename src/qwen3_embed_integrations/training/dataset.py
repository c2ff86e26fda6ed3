"""Convert training records to the datasets of sentence-transformers' trainer, one for each task."""

from __future__ import annotations

from collections.abc import Sequence

from datasets import Dataset, DatasetDict

from .data import Example
from .options import TrainingOptions
from .prompting import Prompting

Columns = dict[str, list[object]]


def datasets_of(
    examples: Sequence[Example], options: TrainingOptions, prompting: Prompting
) -> tuple[DatasetDict, dict[str, dict[str, str]]]:
    """Return one dataset for each task, and by the dataset's name the prompts of its columns."""
    data, prompts = DatasetDict(), {}
    for number, task in enumerate(prompting.by_task):
        columns = _columns([example for example in examples if example.task == task], options)
        name = f"task_{number}"
        data[name] = Dataset.from_dict(columns)
        prompts[name] = prompting.of_columns(task, [column for column in columns if column != "label"])
    return data, prompts


def _columns(examples: Sequence[Example], options: TrainingOptions) -> Columns:
    if options.loss == "triplet":
        triplets = [(e.query, e.positive, negative) for e in examples for negative in e.negatives]
        return dict(zip(("query", "positive", "negative"), map(list, zip(*triplets, strict=True)), strict=True))
    columns: Columns = {"query": [e.query for e in examples], "positive": [e.positive for e in examples]}
    if options.loss in ("mse", "cosine"):
        return {**columns, "label": [[list(vector) for vector in e.vectors] for e in examples]}
    for number in range(len(examples[0].negatives)):
        columns[f"negative_{number}"] = [example.negatives[number] for example in examples]
    return columns
