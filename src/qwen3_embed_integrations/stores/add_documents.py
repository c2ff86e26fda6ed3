"""add_documents: any number of texts into a vector database; nothing is lost without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.errors import ConfigError, EmptyInputError, InputTypeError, PartialWriteError
from qwen3_embed_integrations.core.inputs import checked_storable, checked_texts, encodable
from qwen3_embed_integrations.progress import progress_bar

from .handle import StoredRecords, WritableHandle
from .opening import check_collection, encoder_of, opened

SLICE = 1_000
"""Documents that are embedded and written at once: long enough to batch well, and all that memory holds."""

OnExisting = Literal["error", "skip", "overwrite"]
"""What to do with a document whose id is there: refuse all, keep the old one, or replace it."""


def add_documents(  # noqa: PLR0913 - the columns, and what to do with them
    store: Any,
    texts: Iterable[str],
    ids: Iterable[str],
    metadatas: Iterable[Mapping[str, Any] | None] | None = None,
    *,
    encoder: Any = None,
    existing: OnExisting = "error",
    show_progress: bool = False,
) -> list[str]:
    """Embed documents and write them; return the ids as they are stored.

    They are checked as a whole before anything is written, then embedded and written 1,000 at a time. After a
    failure or a killed process, call it again with `existing="skip"`: what is in stays, the rest is added.

    Args:
        store: A LangChain store over Qdrant, Milvus, pgvector or FAISS, or a handle.
        texts: Texts. A lone surrogate, which has no UTF-8 form, is embedded and written as U+FFFD.
        ids: One a text, all different. Where an engine wants UUIDs, another id becomes the UUID of its name.
        metadatas: One a text, or None.
        encoder: A Qwen3Encoder or any integration of this package; None: the store's own embeddings.
        existing: What to do with a document whose id is there.
        show_progress: Draw a progress bar on standard error.

    Raises:
        InputTypeError: A text or id is not a `str`, or metadata no mapping; nothing was written.
        InputEncodingError: An id holds a lone surrogate; nothing was written.
        EmptyInputError: No texts.
        ConfigError: Columns of different lengths, an id twice or there already, metadata that the engine would refuse
            or drop, a wrong metric, or a store that can't be written; nothing was written.
        SpaceMismatchError: The collection holds vectors of another space; nothing was written.
        PartialWriteError: A later write failed; `n_written` says how many documents are in.
    """
    with opened(store) as handle:
        if not isinstance(handle, WritableHandle):
            raise ConfigError(f"{handle.engine} is only checked here: write with its own client, on a guarded store.")
        _check_form(handle, store)
        columns = checked_columns(texts, ids, metadatas)
        return _write(handle, encoder_of(_encoder(store, encoder)), *columns, existing, show_progress=show_progress)


def _write(  # noqa: PLR0913, PLR0917 - the columns, and what to do with them
    handle: WritableHandle,
    inner: Qwen3Encoder,
    documents: list[str],
    names: list[str],
    data: list[dict[str, Any]],
    existing: OnExisting,
    *,
    show_progress: bool,
) -> list[str]:
    check_collection(handle, inner)
    handle.check_writable(documents, data)
    stored = handle.stored_ids(names)
    if len(set(stored)) != len(stored):
        twice = Counter(stored).most_common(1)[0][0]
        same = [name for name, one in zip(names, stored, strict=True) if one == twice]
        raise ConfigError(f"{handle.engine} stores the ids {', '.join(map(repr, same))} as one, {twice!r}. Rename one.")
    wanted = _wanted(handle, stored, existing)
    with progress_bar(len(wanted), unit="document", description="Adding", shown=show_progress) as on_progress:
        for first in range(0, len(wanted), SLICE):
            part = wanted[first : first + SLICE]
            try:
                kept, given, chosen = ([column[i] for i in part] for column in (stored, names, documents))
                embeddings = inner.encode_document(chosen)
                handle.write(StoredRecords(kept, given, chosen, embeddings, [data[i] for i in part]))
            except Exception as error:
                if not first:
                    raise
                raise PartialWriteError(
                    f"Wrote {first} of {len(wanted)} documents, then failed: {error} They are in {handle.where}: call "
                    'it again with existing="skip" to add the rest.',
                    first,
                ) from error
            if on_progress is not None:
                on_progress(min(first + SLICE, len(wanted)))
    return stored


def checked_columns(
    texts: Iterable[str], ids: Iterable[str], metadatas: Iterable[Mapping[str, Any] | None] | None
) -> tuple[list[str], list[str], list[dict[str, Any]]]:
    """Return the columns as lists of one length, lone surrogates in texts and metadata replaced by U+FFFD.

    Raises:
        InputTypeError: As in `add_documents`; so do the others.
    """
    documents = [encodable(text) for text in checked_texts(texts, "document")]
    if not documents:
        raise EmptyInputError("There are no documents to add. Give at least one.")
    names = checked_storable(ids, "id", "Nothing was written. Give an id that can be encoded.")
    if "" in names:
        raise ConfigError(f"Id {names.index('')} is empty. Give at least one character. Nothing was written.")
    if len(set(names)) != len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise ConfigError(f"The id {twice!r} stands for more than one document. Give each its own id.")
    data = [{}] * len(documents) if metadatas is None else _checked_metadatas(metadatas)
    if len(names) != len(documents) or len(data) != len(documents):
        raise ConfigError(
            f"Found {len(documents)} documents, {len(names)} ids and {len(data)} metadatas. Give one id, and one "
            "metadata or none at all, for each document. Nothing was written."
        )
    return documents, names, data


def _checked_metadatas(metadatas: Iterable[Mapping[str, Any] | None]) -> list[dict[str, Any]]:
    if isinstance(metadatas, str | bytes | Mapping):
        raise InputTypeError(f"metadatas is {type(metadatas).__name__}, expected a list with a dict for each document.")
    found: list[dict[str, Any]] = []
    for index, one in enumerate(metadatas):
        if one is not None and not isinstance(one, Mapping):
            raise InputTypeError(f"Metadata {index} is {type(one).__name__}, expected a dict or None.")
        found.append(_encodable(one or {}))
    return found


def _encodable(value: Any) -> Any:
    """Return JSON-like data with each lone surrogate replaced by U+FFFD."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {_encodable(key): _encodable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(one) for one in value]
    return value


def _wanted(handle: WritableHandle, stored: Sequence[str], existing: OnExisting) -> list[int]:
    """Return the indices of the documents to write."""
    if existing not in ("error", "skip", "overwrite"):
        raise ConfigError(f'Found existing={existing!r}, expected "error", "skip" or "overwrite".')
    if existing == "overwrite":
        return list(range(len(stored)))
    there: set[str] = set()
    for first in range(0, len(stored), SLICE):
        there |= handle.existing_ids(stored[first : first + SLICE])
    if there and existing == "error":
        index = next(i for i, one in enumerate(stored) if one in there)
        raise ConfigError(
            f"{len(there)} of {len(stored)} ids are in {handle.where} already, such as {stored[index]!r}. Nothing was "
            'written. Give existing="overwrite" to replace them or existing="skip" to keep them.'
        )
    return [i for i, one in enumerate(stored) if one not in there]


def _check_form(handle: WritableHandle, store: Any) -> None:
    if handle.write_with:
        raise ConfigError(f"{handle.write_with}.")
    if getattr(store, "retrieval_mode", None) not in (None, "dense"):
        raise ConfigError(
            "The store keeps sparse vectors too, which add_documents doesn't make. Use "
            "`with embeddings.prefetched(texts): store.add_texts(texts, ids=ids)`."
        )


def _encoder(store: Any, encoder: Any) -> Any:
    if encoder is not None:
        return encoder
    found = getattr(store, "embeddings", None)
    if found is None:
        raise ConfigError(f"A {type(store).__name__} has no embeddings. Give encoder=….")
    return found
