"""What a call gives back beyond the embeddings."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass

import numpy as np

from .errors import TruncationWarning
from .matryoshka import truncate_and_normalize
from .types import FloatArray, IntArray, RawEmbeddings


@dataclass(frozen=True)
class Truncation:
    """One text that was cut: its place in the call, its tokens, and how many of them were lost."""

    index: int
    n_tokens: int
    n_lost: int


@dataclass(frozen=True)
class Encoded:
    """The whole result of one forward pass, for callers who want more than the embeddings.

    Attributes:
        embeddings: `[n, dimension]` float32 unit embeddings.
        n_tokens: `[n]`, tokens of each text before truncation, prompt and end token included; -1 where only a
            server knows it.
        truncations: The texts that were cut; nothing is known of those with -1 tokens.
        full_embeddings: `[n, width]` float32 unit embeddings of the model's whole width; `embeddings` itself where
            `dimension` is that.
    """

    embeddings: FloatArray
    n_tokens: IntArray
    truncations: tuple[Truncation, ...]
    full_embeddings: FloatArray

    def at(self, dimension: int) -> FloatArray:
        """Gives the embeddings at another dimension, without another forward pass: `[n, dimension]` unit embeddings."""
        return truncate_and_normalize(self.full_embeddings, dimension)


@dataclass(frozen=True)
class RenderedQuery:
    """What the model reads for a query: the exact string, its token ids and their vocabulary entries."""

    text: str
    token_ids: tuple[int, ...]
    tokens: tuple[str, ...]


def postprocess(raw: RawEmbeddings, dimension: int, max_length: int) -> Encoded:
    """Gives unit embeddings of `dimension` from a backend's embeddings, and a record of each text over `max_length`.

    The backend's embeddings are written over: many of them are large, and nobody else holds them.
    """
    cut = np.flatnonzero(raw.n_tokens > max_length)
    truncations = tuple(
        Truncation(int(i), int(n), int(n) - max_length) for i, n in zip(cut, raw.n_tokens[cut], strict=True)
    )
    width = raw.embeddings.shape[1]
    full_embeddings = truncate_and_normalize(raw.embeddings, width, in_place=True)
    embeddings = full_embeddings if dimension == width else truncate_and_normalize(full_embeddings, dimension)
    return Encoded(embeddings, raw.n_tokens, truncations, full_embeddings)


def warn_of_truncations(truncations: tuple[Truncation, ...], max_length: int) -> None:
    """Warns once, at the user's line: which texts were cut, how much they lost, and what to do."""
    shown = ", ".join(f"text {t.index} lost {t.n_lost} of {t.n_tokens} tokens" for t in truncations[:3])
    more = f" and {len(truncations) - 3} more" if len(truncations) > 3 else ""  # noqa: PLR2004 - as many as shown
    warnings.warn(
        f"{len(truncations)} texts were cut to max_length={max_length}: {shown}{more}. "
        'Split them, raise max_length, or set on_overflow="error".',
        TruncationWarning,
        stacklevel=_levels_to_user(),
    )


def _levels_to_user() -> int:
    """Gives the stacklevel at which a warning points at the user's line and not into this package."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 - warnings' own skip_file_prefixes needs Python 3.12
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(package):
        level, frame = level + 1, frame.f_back
    return level
