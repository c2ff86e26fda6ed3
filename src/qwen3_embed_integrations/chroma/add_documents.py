"""Adds of any length: split to the client's limit, with progress, and a failure says what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Required, TypedDict, Unpack

from chromadb.api import AsyncClientAPI, ClientAPI
from chromadb.api.models.AsyncCollection import AsyncCollection
from chromadb.api.models.Collection import Collection

from qwen3_embed_integrations.core.errors import ConfigError, EmptyInputError, PartialWriteError
from qwen3_embed_integrations.progress import OnProgress, progress_bar

from .function import Qwen3EmbeddingFunction
from .records import storable_documents, storable_ids, storable_metadatas

_SLICE = 1024  # documents of one write: long enough to batch well, short enough that a failure loses little


class Columns(TypedDict, total=False):
    """What goes with the documents of an add.

    Attributes:
        ids: One a document, all different.
        metadatas: One a document, or None.
        overwrite: Replace documents whose id is there; else Chroma keeps the old ones without a word.
        show_progress: Draw a progress bar on standard error.
    """

    ids: Required[Iterable[str]]
    metadatas: Iterable[Any] | None
    overwrite: bool
    show_progress: bool


def add_documents(
    client: ClientAPI, collection: Collection, documents: Iterable[str], **columns: Unpack[Columns]
) -> None:
    """Add any number of documents, in writes that the client takes.

    Args:
        client: The collection's client; it knows the limit.
        collection: From `open_collection`, or any with an embedding function.
        documents: Texts. A lone surrogate, which has no UTF-8 form, is embedded and written as U+FFFD, here and in
            metadata.
        **columns: `ids`, and if you like `metadatas`, `overwrite`, `show_progress`, as in `Columns`.

    Raises:
        InputTypeError: A document is not a `str`, or Chroma keeps no such metadata; nothing was written.
        InputEncodingError: An id holds a lone surrogate; nothing was written.
        EmptyInputError: No documents.
        ConfigError: Lists of different lengths, an id twice or empty, or metadata that Chroma would refuse or drop;
            nothing was written.
        PartialWriteError: A later write failed; `n_written` and the message say how many documents are in.
    """
    batch = _Batch.checked(documents, **columns)
    write = collection.upsert if batch.overwrite else collection.add
    for part, saving in batch.parts(client.get_max_batch_size()):
        with saving:
            write(ids=part.ids, documents=part.documents, metadatas=part.metadatas)


async def aadd_documents(
    client: AsyncClientAPI,
    collection: AsyncCollection,
    function: Qwen3EmbeddingFunction,
    documents: Iterable[str],
    **columns: Unpack[Columns],
) -> None:
    """Async twin of `add_documents`; `function` embeds: `AsyncCollection` would do it on the event loop."""
    batch = _Batch.checked(documents, **columns)
    write = collection.upsert if batch.overwrite else collection.add
    for part, saving in batch.parts(await client.get_max_batch_size()):
        with saving:
            vectors = await function.aembed_documents(part.documents)
            await write(ids=part.ids, embeddings=vectors, documents=part.documents, metadatas=part.metadatas)


@dataclass(frozen=True)
class _Batch:
    documents: list[str]
    ids: list[str]
    metadatas: list[Any] | None
    overwrite: bool = False
    show_progress: bool = False

    @classmethod
    def checked(cls, documents: Iterable[str], **columns: Unpack[Columns]) -> _Batch:
        """Refuses what would fail halfway, or be dropped without a word."""
        unknown = columns.keys() - Columns.__annotations__.keys()
        if unknown or "ids" not in columns:
            raise ConfigError(
                f"Found {', '.join(columns) or 'no columns'}; known: {', '.join(Columns.__annotations__)}. Give ids."
            )
        texts, ids = storable_documents(documents), storable_ids(columns["ids"])
        if not texts:
            raise EmptyInputError("There are no documents to add. Give at least one.")
        given = columns.get("metadatas")
        metadatas = None if given is None else storable_metadatas(given)
        _check_lengths(len(texts), ids, metadatas)
        return cls(
            texts,
            ids,
            metadatas,
            overwrite=columns.get("overwrite", False),
            show_progress=columns.get("show_progress", False),
        )

    def parts(self, limit: int) -> Iterator[tuple[_Batch, Any]]:
        """Return each write with the context to do it in."""
        step = max(1, min(limit if limit > 0 else _SLICE, _SLICE))
        with progress_bar(
            len(self.ids), unit="document", description="Adding", shown=self.show_progress
        ) as on_progress:
            for first in range(0, len(self.ids), step):
                part = slice(first, first + step)
                metadatas = None if self.metadatas is None else self.metadatas[part]
                yield _Batch(self.documents[part], self.ids[part], metadatas), self._saving(first, on_progress, step)

    @contextmanager
    def _saving(self, n_written: int, on_progress: OnProgress | None, step: int) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not n_written:
                raise
            raise PartialWriteError(
                f"Wrote {n_written} of {len(self.ids)} documents, then failed: {error} "
                f"The first {n_written} are in the collection: go on with documents[{n_written}:].",
                n_written,
            ) from error
        if on_progress is not None:
            on_progress(min(n_written + step, len(self.ids)))


def _check_lengths(n_documents: int, ids: Sequence[str], metadatas: Sequence[Any] | None) -> None:
    if len(ids) != n_documents or (metadatas is not None and len(metadatas) != n_documents):
        n_metadatas = "no" if metadatas is None else len(metadatas)
        raise ConfigError(
            f"Found {n_documents} documents, {len(ids)} ids and {n_metadatas} metadatas. "
            "Give one id, and one metadata or none at all, for each document."
        )
