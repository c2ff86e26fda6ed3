"""Logits of pairs → scores of documents, and the best documents first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .errors import ConfigError, NonFiniteError
from .types import FloatArray

Scale = Literal["probability", "logit"]
"""How a reranker's score is expressed: P(relevant) from 0 to 1, or its log-odds, which never saturates."""


@dataclass(frozen=True)
class Ranked:
    """One document of a ranking.

    Attributes:
        index: Index of the document in the call.
        score: Its score on the scale of the call.
    """

    index: int
    score: float


def scores_of(logits: FloatArray, scale: Scale) -> FloatArray:
    """Return the logits on a scale, `[n]` float32.

    Raises:
        ConfigError: An unknown scale.
    """
    if scale == "logit":
        return logits
    if scale != "probability":
        raise ConfigError(f'Unknown scale {scale!r}. Use "probability" or "logit".')
    probabilities: FloatArray = np.exp(-np.logaddexp(0.0, -logits.astype(np.float64))).astype(np.float32)
    return probabilities


def best_first(logits: FloatArray, scale: Scale, *, top_k: int | None, min_score: float | None) -> list[Ranked]:
    """Return the documents whose score is at least `min_score`, best first; at most `top_k` of them.

    Sort by logit, because several probabilities can be exactly 1.0. Equal logits keep the order of the call.
    """
    scores = scores_of(logits, scale)
    order = np.argsort(-logits, kind="stable").tolist()
    ranked = [Ranked(index, float(scores[index])) for index in order]
    return [one for one in ranked if min_score is None or one.score >= min_score][:top_k]


def check_limits(top_k: Any, min_score: Any) -> None:
    """Check the limits of a ranking.

    Raises:
        ConfigError: `top_k` is not a positive int or None, or `min_score` is not a number or None.
    """
    if top_k is not None and (isinstance(top_k, bool) or not isinstance(top_k, int | np.integer) or top_k < 1):
        raise ConfigError(f"top_k={top_k!r}: expected a positive number of documents, or None for all of them.")
    is_number = isinstance(min_score, int | float | np.number) and not isinstance(min_score, bool)
    if min_score is not None and (not is_number or math.isnan(min_score)):
        raise ConfigError(f"min_score={min_score!r}: expected a number, or None for no limit.")


def checked_logits(raw: FloatArray) -> FloatArray:
    """Return a reranking backend's `[n, 1]` output as `[n]` logits.

    Raises:
        ConfigError: The backend computed embeddings, not scores.
        NonFiniteError: A logit is NaN or infinite.
    """
    if raw.ndim != 2 or raw.shape[1] != 1:  # noqa: PLR2004 - a matrix
        raise ConfigError(f"The backend returned an array of shape {raw.shape}, expected one score a document.")
    bad = np.flatnonzero(~np.isfinite(raw[:, 0]))
    if bad.size:
        raise NonFiniteError(
            f"The scores of documents {bad[:5].tolist()} ({bad.size} in total) are NaN or infinite. "
            'Load the model with dtype="float32"; if that does not help, the checkpoint is broken.'
        )
    return raw[:, 0]
