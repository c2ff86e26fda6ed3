"""Mine hard negatives: training documents that the base model ranks high, without those that may be answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import mine_hard_negatives

from qwen3_embed_integrations.core.errors import TrainingError

from .data import Example
from .model import reading_at_most
from .options import TrainingOptions
from .prompting import Prompting

_RANGE_MAX = 100  # ranks that are searched


def mine(
    model: SentenceTransformer,
    examples: Sequence[Example],
    options: TrainingOptions,
    prompting: Prompting,
    batch_size: int,
) -> list[list[str]]:
    """Return `mine_negatives` texts for each record, the most similar first; [] if too few are below the margin.

    Raises:
        TrainingError: If there are too few documents to mine from.
    """
    wanted = options.mine_negatives
    corpus = list(dict.fromkeys(example.positive for example in examples))
    if len(corpus) <= wanted + 1:
        raise TrainingError(f"{len(corpus)} documents are too few to mine {wanted} negatives from.")
    found: dict[tuple[str, str, str], list[str]] = {}
    for task, prompt in prompting.by_task.items():
        records = [example for example in examples if example.task == task]
        pairs = {"query": [e.query for e in records], "positive": [e.positive for e in records]}
        with reading_at_most(model, options.max_tokens):
            mined = mine_hard_negatives(
                Dataset.from_dict(pairs),
                model,
                corpus=corpus,
                range_max=min(_RANGE_MAX, len(corpus) - 1),
                relative_margin=options.mine_margin,
                num_negatives=wanted,
                query_prompt=prompt or None,
                corpus_prompt=prompting.document or None,
                output_format="n-tuple",
                batch_size=batch_size,
                verbose=False,
            )
        for record in mined:
            found[task, record["query"], record["positive"]] = [
                record[f"negative_{number + 1}"] for number in range(wanted)
            ]
    return [found.get((example.task, example.query, example.positive), []) for example in examples]


def with_negatives(examples: Sequence[Example], mined: Sequence[Sequence[str]]) -> list[Example]:
    """Return the records that have mined negatives, with these appended to their own.

    Raises:
        TrainingError: If fewer than half of the records have any.
    """
    kept = [
        replace(example, negatives=(*example.negatives, *texts))
        for example, texts in zip(examples, mined, strict=True)
        if texts and example.query not in texts
    ]
    if 2 * len(kept) < len(examples):
        raise TrainingError(
            f"Only {len(kept)} of {len(examples)} records have enough negatives below mine_margin. "
            "Lower mine_margin or mine_negatives."
        )
    return kept
