"""Attach a teacher's vectors to the training records: computed by Qwen3Encoder, or taken from the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.errors import DataFileError
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.core.types import FloatArray

from .data import Example
from .options import TrainingOptions


def check_teacher(examples: Sequence[Example], config: EncoderConfig, options: TrainingOptions, width: int) -> None:
    """Refuse a distillation whose vectors are missing or too short, before anything is computed.

    Raises:
        DataFileError: If records and options name no vectors, or vectors shorter than `width`.
    """
    if options.teacher:
        n_numbers, source = (
            Qwen3Encoder(_teacher(config, options)).model_info.hidden_size,
            f"teacher={options.teacher!r}",
        )
    else:
        n_numbers, source = len(examples[0].vectors[0]) if examples[0].vectors else 0, examples[0].place
    if not n_numbers:
        raise DataFileError(
            f"loss={options.loss!r} needs a teacher's vectors, and {source} has none. "
            "Name a teacher, or give the columns query_vector and positive_vector."
        )
    if n_numbers < width:
        raise DataFileError(
            f"{source} has vectors of length {n_numbers}, the model's have {width}. Choose a teacher at least as wide."
        )


def with_teacher_vectors(
    examples: Sequence[Example], config: EncoderConfig, options: TrainingOptions, width: int, cache: Path
) -> list[Example]:
    """Return the records with unit vectors of the model's width; the vectors of a wider teacher are truncated.

    Args:
        examples: The training records.
        config: Config of the model that is trained; the teacher runs on the same device.
        options: They name the teacher.
        width: Embedding length of the model that is trained.
        cache: .npy file that keeps the teacher's vectors, `[n, 2, width of the teacher]`, for a run that resumes.
    """
    if options.teacher:
        embeddings = _computed(examples, config, options, cache)
    else:
        embeddings = np.array([example.vectors for example in examples], dtype=np.float32)
    units = np.stack(
        [truncate_and_normalize(embeddings[:, side], width) for side in range(embeddings.shape[1])], axis=1
    )
    vectors = units.tolist()
    return [replace(example, vectors=tuple(map(tuple, both))) for example, both in zip(examples, vectors, strict=True)]


def _computed(examples: Sequence[Example], config: EncoderConfig, options: TrainingOptions, cache: Path) -> FloatArray:
    if not cache.is_file():
        encoder = Qwen3Encoder(_teacher(config, options))
        queries = np.stack(
            [encoder.encode([e.query], "query", task=e.task or None).full_embeddings[0] for e in examples]
            if len({e.task for e in examples}) > 1
            else list(
                encoder.encode([e.query for e in examples], "query", task=examples[0].task or None).full_embeddings
            )
        )
        documents = encoder.encode([example.positive for example in examples], "document").full_embeddings
        encoder.unload()
        partial = cache.with_suffix(".partial.npy")
        np.save(partial, np.stack([queries, documents], axis=1))
        partial.replace(cache)
    embeddings: FloatArray = np.load(cache)
    return embeddings


def _teacher(config: EncoderConfig, options: TrainingOptions) -> EncoderConfig:
    return config.replace(
        model=options.teacher, revision=None, pooling=None, show_progress=True, max_length=options.max_tokens
    )
