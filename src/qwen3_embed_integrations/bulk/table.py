"""A table of texts in, a table of embeddings out: the one core of every executor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from qwen3_embed_integrations import DataFileError, Encoded, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.inputs import lone_surrogate
from qwen3_embed_integrations.core.protocols import EmbedRequest

from .options import TableOptions

_GROUP = 256  # texts of one call: as many as the tokeniser takes at a time, so that equal calls make equal batches
_AT_ONCE = 4  # calls on their way: one computes, others are tokenised
ADDED = ("embedding", "n_tokens", "truncated", "error")


class _Encoder(Qwen3Encoder):
    """An encoder whose calls share no batch: equal calls give equal bytes."""

    @staticmethod
    def _request_of(*arguments: Any) -> EmbedRequest:
        return replace(EmbedRequest.of(*arguments), alone=True)


class TableEmbedder:
    """Embeds tables; the model is loaded at the first one, once a process.

    Args:
        config: The encoder's options.
        options: Which column, which role, which precision.
    """

    def __init__(self, config: EncoderConfig, options: TableOptions) -> None:
        self._encoder = _Encoder(config.replace(show_progress=False))
        self._options = options

    @property
    def encoder(self) -> Qwen3Encoder:
        """The encoder."""
        return self._encoder

    def embed(self, table: pa.Table) -> pa.Table:
        """Return the table with the columns `ADDED`; raise as `embed_table`."""
        name = self._options.text_column
        if name not in table.column_names:
            raise DataFileError(f"The table has no column {name!r}. It has: {', '.join(table.column_names) or 'none'}.")
        texts, errors = _checked(table[name], table["error"].to_pylist() if "error" in table.column_names else None)
        good = [index for index, error in enumerate(errors) if error is None]
        found, n_tokens, truncated = self._embedded([texts[index] for index in good], good, errors)
        dimension = self._encoder.dimension
        embeddings = np.zeros((len(texts), dimension), dtype=self._options.precision)
        embeddings[good] = found
        missing = np.array([error is not None for error in errors], dtype=bool)
        counts, cut = np.zeros(len(texts), dtype=np.int32), np.zeros(len(texts), dtype=bool)
        counts[good], cut[good] = n_tokens, truncated
        kept = table.drop_columns([one for one in ADDED if one in table.column_names])
        columns = (
            _lists(embeddings, missing),
            pa.array(counts, mask=missing),
            pa.array(cut, mask=missing),
            pa.array(errors, pa.string()),
        )
        for one, column in zip(ADDED, columns, strict=True):
            kept = kept.append_column(one, column)
        return kept

    def _embedded(
        self, texts: list[str], indices: list[int], errors: list[str | None]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return embeddings, token counts and whether each text was cut; longest texts first, each text once."""
        distinct = sorted(dict.fromkeys(texts), key=lambda text: (-len(text), text))
        place = {text: index for index, text in enumerate(distinct)}
        embeddings = np.zeros((len(distinct), self._encoder.dimension), dtype=np.float32)
        n_tokens, cut = np.zeros(len(distinct), dtype=np.int32), np.zeros(len(distinct), dtype=bool)
        failed: dict[int, str] = {}
        for first, encoded in self._groups(distinct):
            if isinstance(encoded, str):
                failed |= dict.fromkeys(range(first, min(first + _GROUP, len(distinct))), encoded)
                continue
            span = slice(first, first + len(encoded.embeddings))
            embeddings[span], n_tokens[span] = encoded.embeddings, encoded.n_tokens
            cut[[first + one.index for one in encoded.truncations]] = True
        order = np.fromiter((place[text] for text in texts), dtype=np.int64, count=len(texts))
        for position, index in enumerate(indices):
            errors[index] = failed.get(int(order[position]))
        return embeddings[order], n_tokens[order], cut[order]

    def _groups(self, texts: Sequence[str]) -> Iterator[tuple[int, Encoded | str]]:
        """Yield (first, embeddings of `texts[first : first + 256]`, or why there are none)."""
        self._encoder.load()
        starts = range(0, len(texts), _GROUP)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="qwen3-embed-bulk") as pool:
            yield from zip(
                starts, pool.map(lambda first: self._group(texts[first : first + _GROUP]), starts), strict=True
            )

    def _group(self, texts: Sequence[str]) -> Encoded | str:
        try:
            return self._encoder.encode(texts, self._options.role)
        except (ArithmeticError, MemoryError) as error:  # these texts', not the run's
            return f"{type(error).__name__}: {error}"


def _checked(column: pa.ChunkedArray, known: list[str | None] | None) -> tuple[list[Any], list[str | None]]:
    """Return the texts of a column, and why each that is none has no embedding."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_null(column.type)):
        raise DataFileError(f"The column of texts is of the type {column.type}, expected string.")
    texts = column.to_pylist()
    errors = [_error_of(text) for text in texts]
    return texts, errors if known is None else [old or new for old, new in zip(known, errors, strict=True)]


def _error_of(text: str | None) -> str | None:
    if text is None:
        return "the text is missing"
    if not text:
        return "the text is empty"
    return None if lone_surrogate(text) is None else "the text holds a lone surrogate"


def _lists(embeddings: np.ndarray, missing: np.ndarray) -> pa.Array:
    """Return `[n, dimension]` as a fixed-size list, null where there is no embedding."""
    values = pa.array(embeddings.reshape(-1))
    lists = pa.FixedSizeListArray.from_arrays(values, embeddings.shape[1])
    if not missing.any():
        return lists
    return pa.FixedSizeListArray.from_arrays(values, embeddings.shape[1], mask=pa.array(missing))
