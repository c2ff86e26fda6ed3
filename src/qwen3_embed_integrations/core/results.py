"""Results of a call: embeddings, token counts, truncations, rendered queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .errors import TruncationWarning
from .matryoshka import truncate_and_normalize
from .types import FloatArray, IntArray, RawEmbeddings
from .user_warning import warn_user


@dataclass(frozen=True)
class Truncation:
    """One truncated text.

    Attributes:
        index: Index of the text in the call.
        n_tokens: Its length in tokens, prompt and end token included.
        n_lost: How many of them were cut off.
    """

    index: int
    n_tokens: int
    n_lost: int


@dataclass(frozen=True)
class Encoded:
    """The embeddings of one call, with token counts and truncations.

    Attributes:
        embeddings: `[n, dimension]` float32, of unit length.
        n_tokens: `[n]` int64, length of each text in tokens before truncation, prompt and end token included; -1 if
            only a server knows it.
        truncations: The truncated texts; texts with -1 tokens are not listed.
        full_embeddings: `[n, hidden_size]` float32, of unit length; the same array as `embeddings` if `dimension` is
            `hidden_size`.
    """

    embeddings: FloatArray
    n_tokens: IntArray
    truncations: tuple[Truncation, ...]
    full_embeddings: FloatArray

    def at(self, dimension: int) -> FloatArray:
        """Return the embeddings truncated to another dimension, without another forward pass.

        Args:
            dimension: From 1 to `hidden_size`.

        Returns:
            `[n, dimension]` float32, of unit length.

        Raises:
            ConfigError: `dimension` is out of range.
        """
        return truncate_and_normalize(self.full_embeddings, dimension)


@dataclass(frozen=True)
class RenderedQuery:
    """The exact input of the model for a query.

    Attributes:
        text: Prompt and query.
        token_ids: Token ids of `text`, end token last.
        tokens: Vocabulary entry of each token id.
    """

    text: str
    token_ids: tuple[int, ...]
    tokens: tuple[str, ...]


def postprocess(raw: RawEmbeddings, dimension: int, max_length: int) -> Encoded:
    """Truncate and normalise a backend's embeddings, and list the texts longer than `max_length`.

    Overwrite `raw.embeddings`: they can be large, and the caller no longer needs them.

    Args:
        raw: `[n, hidden_size]` embeddings of a backend.
        dimension: From 1 to `hidden_size`.
        max_length: Tokens to which texts were truncated.

    Raises:
        ConfigError: `dimension` is out of range.
        NonFiniteError: An embedding has a NaN or infinite component, or norm 0.
    """
    has_cut = (raw.n_tokens > max_length).any()
    truncations = _truncations(raw.n_tokens, max_length) if has_cut else ()
    width = raw.embeddings.shape[1]
    full_embeddings = truncate_and_normalize(raw.embeddings, width, in_place=True)
    embeddings = full_embeddings if dimension == width else truncate_and_normalize(full_embeddings, dimension)
    return Encoded(embeddings, raw.n_tokens, truncations, full_embeddings)


def warn_of_truncations(truncations: tuple[Truncation, ...], max_length: int) -> None:
    """Issue one TruncationWarning that points at the caller's line and says which texts were truncated.

    Args:
        truncations: At least one truncated text; the first three are named.
        max_length: Tokens to which they were truncated.
    """
    shown = ", ".join(f"text {t.index} lost {t.n_lost} of {t.n_tokens} tokens" for t in truncations[:3])
    more = f" and {len(truncations) - 3} more" if len(truncations) > 3 else ""  # noqa: PLR2004 - as many as shown
    warn_user(
        f"{len(truncations)} texts were cut to max_length={max_length}: {shown}{more}. "
        'Split them, raise max_length, or set on_overflow="error".',
        TruncationWarning,
    )


def warn_of_cut_pairs(n_tokens: IntArray, max_length: int, count_head: Callable[[], int]) -> None:
    """Issue a TruncationWarning if pairs of a query were cut, and another one if nothing of a document was read.

    Args:
        n_tokens: `[n]`, length of each pair in tokens before it was cut; -1 if only a server knows it.
        max_length: Tokens to which pairs were cut.
        count_head: Return the tokens of instruction and query, the template's included.
    """
    truncations = _truncations(n_tokens, max_length)
    if not truncations:
        return
    warn_of_truncations(truncations, max_length)
    n_head = count_head()
    if n_head >= max_length:
        warn_user(
            f"Instruction and query alone have {n_head} tokens with the template, max_length is {max_length}: "
            "no document was read, and the scores say nothing. Shorten the query or raise max_length.",
            TruncationWarning,
        )


def _truncations(n_tokens: IntArray, max_length: int) -> tuple[Truncation, ...]:
    cut = np.flatnonzero(n_tokens > max_length)
    return tuple(Truncation(int(i), int(n), int(n) - max_length) for i, n in zip(cut, n_tokens[cut], strict=True))
