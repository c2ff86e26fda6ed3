"""Ids, documents and metadata as Chroma keeps them: what it would refuse, or drop without a word, is found first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from chromadb.api.types import META_KEY_CHROMA_DOCUMENT, SparseVector

from qwen3_embed_integrations.core.errors import ConfigError, InputTypeError
from qwen3_embed_integrations.core.inputs import checked_storable, checked_texts, encodable

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1  # beyond them Chroma rounds an int to a float


def storable_documents(documents: Iterable[str]) -> list[str]:
    """Return the documents, each lone surrogate replaced by U+FFFD.

    Raises:
        InputTypeError: Not an ordered iterable of `str`; the message names the index.
    """
    return [encodable(text) for text in checked_texts(documents, "document")]


def storable_ids(ids: Iterable[str]) -> list[str]:
    """Return the ids.

    Raises:
        InputTypeError: Not an ordered iterable of `str`.
        InputEncodingError: An id holds a lone surrogate.
        ConfigError: An id is empty or stands for two documents.
    """
    listed = checked_storable(ids, "id", "Nothing was written. Give an id that can be encoded.")
    if "" in listed:
        raise ConfigError(f"Id {listed.index('')} is empty. Give at least one character. Nothing was written.")
    if len(set(listed)) != len(listed):
        twice = Counter(listed).most_common(1)[0][0]
        raise ConfigError(f"The id {twice!r} stands for more than one document. Give each its own id.")
    return listed


def storable_metadatas(metadatas: Iterable[Any]) -> list[Any]:
    """Return the metadata as plain types, each lone surrogate replaced by U+FFFD; None stays None.

    Raises:
        InputTypeError: A key or value is of a type that Chroma doesn't keep; the message names index and key.
        ConfigError: Metadata is empty, or a value is one that Chroma would round, drop or refuse.
    """
    if isinstance(metadatas, str | bytes | Mapping):
        raise InputTypeError(f"metadatas is {type(metadatas).__name__}, expected a list with a dict for each document.")
    return [None if one is None else _storable(one, f"Metadata {index}") for index, one in enumerate(metadatas)]


def _storable(metadata: Any, where: str) -> dict[str, Any]:
    if not isinstance(metadata, Mapping):
        raise InputTypeError(f"{where} is {type(metadata).__name__}, expected a dict or None. Nothing was written.")
    if not metadata:
        raise ConfigError(f"{where} is an empty dict, which Chroma refuses. Give None instead. Nothing was written.")
    found = {_key(key, where): _value(value, f"{where}, {key!r}") for key, value in metadata.items()}
    if len(found) != len(metadata):
        raise ConfigError(f"{where} has keys that are equal once lone surrogates are replaced. Nothing was written.")
    return found


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise InputTypeError(f"{where} has the key {key!r}, expected a str. Nothing was written.")
    if not key:
        raise ConfigError(f"{where} has an empty key, which Chroma refuses. Nothing was written.")
    if key == META_KEY_CHROMA_DOCUMENT:
        raise ConfigError(f"{where} has the key {key!r}, which Chroma keeps for itself. Nothing was written.")
    return encodable(key)


def _value(value: Any, where: str) -> Any:
    if not isinstance(value, list):
        return value if isinstance(value, SparseVector) else _scalar(value, where)
    items = [_scalar(item, where) for item in value]
    if not items or len({type(item) for item in items}) > 1:
        raise ConfigError(f"{where} is {value!r:.80}, expected items of one type, at least one. Nothing was written.")
    return items


def _scalar(value: Any, where: str) -> str | int | float | bool:
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None:
        raise ConfigError(f"{where} is None, which Chroma can't keep. Leave the key out. Nothing was written.")
    if isinstance(plain, str):
        return encodable(plain)
    if not isinstance(plain, int | float):
        raise InputTypeError(
            f"{where} is {type(value).__name__}, expected str, int, float, bool or a list of one of them. "
            "Nothing was written."
        )
    if not (_SMALLEST <= plain <= _LARGEST if isinstance(plain, int) else math.isfinite(plain)):
        raise ConfigError(f"{where} is {plain!r:.40}, which Chroma would not keep as it is. Nothing was written.")
    return plain
