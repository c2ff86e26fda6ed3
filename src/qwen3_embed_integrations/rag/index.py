"""Store the chunks of one corpus in one Chroma collection, all in one vector space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection
from chromadb.api.types import Metadata
from chromadb.config import Settings
from filelock import FileLock

from qwen3_embed_integrations.chroma import open_collection
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.langchain import Qwen3Embeddings

from .corpora.chunking import Chunk
from .passage import Passage, chunk_metadata, stored_passage
from .remedy import with_remedy
from .stored_index import COLLECTION, check_corpus, drop, is_outdated
from .words import open_words, sync_words

BATCH = 256
"""Chunks embedded and stored at a time; a killed process loses at most one batch. Chroma accepts up to 5,461."""


@dataclass(frozen=True)
class Changes:
    """The numbers of chunks that a sync added, removed and kept."""

    added: int
    removed: int
    kept: int


class Index:
    """An open collection whose vector space `open_index` has checked, and the BM25 index beside it.

    Attributes:
        words: The BM25 index; its ids are those of the collection, which is the truth.
    """

    def __init__(self, path: Path, collection: Collection, embeddings: Qwen3Embeddings, lock: FileLock) -> None:
        self._path = path
        self.words = open_words(collection, path)
        self._collection = collection
        self._embeddings = embeddings
        self._lock = lock

    def sync(self, chunks: Mapping[str, Chunk], on_progress: Callable[[int, int], None] | None = None) -> Changes:
        """Embed and add the chunks that are missing, then delete the ones that are not in `chunks`.

        The ids in Chroma are the only record of progress, so a killed run needs no repair: the next run adds
        what is missing. Of chunks that moved within their document, the metadata alone is written.

        Args:
            chunks: Every chunk of the corpus, by id.
            on_progress: Called with (chunks done, chunks in all) before the first batch and after each batch.

        Raises:
            RagError: The index is in use by another process, or can't be written.
        """
        with with_remedy(self._path), self._lock:
            stored = self._stored()
            missing = [key for key in chunks if key not in stored]
            gone = sorted(stored.keys() - chunks.keys())
            self._add(missing, chunks, on_progress)
            moved = [key for key in chunks if key in stored and stored[key] != chunk_metadata(chunks[key])]
            for batch in _batches(moved):
                self._collection.update(ids=batch, metadatas=[_replacing(stored[key], chunks[key]) for key in batch])
            for batch in _batches(gone):  # deleted last, so that the index always answers from a full text
                self._collection.delete(ids=batch)
            sync_words(self.words, chunks)
        return Changes(added=len(missing), removed=len(gone), kept=len(stored) - len(gone))

    def _stored(self) -> dict[str, Mapping[str, object]]:
        found = self._collection.get(include=["metadatas"])
        return dict(zip(found["ids"], (dict(data or {}) for data in found["metadatas"] or []), strict=True))

    def _add(
        self,
        missing: list[str],
        chunks: Mapping[str, Chunk],
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        """Embed a batch while the one before is stored."""
        done, report = 0, on_progress or (lambda *_: None)
        with ThreadPoolExecutor(1, "qwen3-embed-index") as store:  # waits for what is being stored, Ctrl-C or not
            storing: Future[int] | None = None
            for batch in _batches(missing):
                if storing is None:
                    report(0, len(missing))
                found = [chunks[key] for key in batch]
                embeddings = self._embeddings.embed_documents([chunk.embedded for chunk in found])
                if storing is not None:
                    done += storing.result()
                    report(done, len(missing))
                storing = store.submit(self._store, batch, found, embeddings)
            if storing is not None:
                report(done + storing.result(), len(missing))

    def _store(self, ids: list[str], chunks: list[Chunk], embeddings: list[list[float]]) -> int:
        self._collection.upsert(
            ids=ids,
            embeddings=cast("list[Sequence[float]]", embeddings),
            documents=[chunk.text for chunk in chunks],
            metadatas=[chunk_metadata(chunk) for chunk in chunks],
        )
        return len(ids)

    def chunks_of(self, source: str) -> list[Passage]:
        """Return all chunks of a document.

        Raises:
            RagError: The index can't be read.
        """
        with with_remedy(self._path):
            found = self._collection.get(where={"source": source}, include=["documents", "metadatas"])
        records = zip(found["ids"], found["documents"] or [], found["metadatas"] or [], strict=True)
        return [stored_passage(key, text or "", data or {}, 0.0) for key, text, data in records]

    def embeddings_of(self, passages: Sequence[Passage]) -> FloatArray:
        """Return the stored embeddings of passages, `[n, dim]`.

        Raises:
            RagError: The index can't be read.
        """
        if not passages:
            return np.empty((0, 0), dtype=np.float32)
        with with_remedy(self._path):
            found = self._collection.get(ids=[passage.id for passage in passages], include=["embeddings"])
        stored = dict(zip(found["ids"], found["embeddings"] if found["embeddings"] is not None else [], strict=True))
        return np.array([stored[passage.id] for passage in passages], dtype=np.float32)

    def search(self, embedding: list[float], *, top_k: int) -> list[Passage]:
        """Return the `top_k` chunks most similar to a query, the best first.

        Args:
            embedding: The query's embedding, `dim` numbers.
            top_k: Number of chunks.

        Raises:
            RagError: The index can't be read.
        """
        with with_remedy(self._path):
            found = self._collection.query(
                query_embeddings=cast("list[Sequence[float]]", [embedding]),
                n_results=top_k,
                include=["documents", "metadatas", "distances"],
            )
        texts, metadatas, distances = found["documents"], found["metadatas"], found["distances"]
        if texts is None or metadatas is None or distances is None:
            return []
        hits = zip(found["ids"][0], texts[0], metadatas[0], distances[0], strict=True)
        return [stored_passage(key, text or "", data or {}, 1 - distance) for key, text, data, distance in hits]

    @property
    def collection(self) -> Collection:
        """The collection, as Chroma's own object."""
        return self._collection

    @property
    def path(self) -> Path:
        """Chroma's folder."""
        return self._path


@contextmanager
def open_index(
    path: Path,
    embeddings: Qwen3Embeddings,
    *,
    corpus: str,
    reindex: bool = False,
    on_outdated: Callable[[], None] | None = None,
) -> Iterator[Index]:
    """Open or create the index in the folder `path`; close it when the block ends.

    Args:
        path: Chroma's folder.
        embeddings: Embeds the chunks and the questions.
        corpus: The name of the documents.
        reindex: Delete the stored chunks first.
        on_outdated: Called before an index is deleted that holds embeddings of the bundled model's earlier weights;
            None: such an index is refused.

    Raises:
        SpaceMismatchError: The index holds vectors of another model, dimension, pooling or document prompt.
        RagError: The index belongs to other documents, is in use, or can't be read or written.
    """
    space = embeddings.encoder.space  # locates and checks the model before anything is written
    with ExitStack() as stack:
        with with_remedy(path):
            if path.exists() and not path.is_dir():
                raise RagError(f"{path} is a file. Name a folder for the index: --index PATH.")
            path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path / "qwen3-embed.lock", timeout=0)
            with lock:
                client = stack.enter_context(closing(_client(path)))
                if reindex:
                    drop(client)
                check_corpus(client, path, corpus)
                if on_outdated and is_outdated(client, space):
                    on_outdated()
                    drop(client)
                metadata = {"corpus": corpus}
                collection = open_collection(client, COLLECTION, embeddings, metadata=metadata, remedy=_advice(path))
                index = Index(path, collection, embeddings, lock)
                stack.callback(index.words.close)
        yield index


def _client(path: Path) -> Client:
    client = chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)  # chromadb declares the interface, which lacks close()


def _advice(path: Path) -> str:
    return (
        f"It is the index in {path}: use the options it was made with, embed everything anew with --reindex, "
        "or choose another folder with --index."
    )


def _replacing(stored: Mapping[str, object], chunk: Chunk) -> Metadata:
    """Return a chunk's metadata for an update, which keeps keys that it doesn't name: None removes them."""
    new = chunk_metadata(chunk)
    return cast("Metadata", {**dict.fromkeys(stored.keys() - new.keys()), **new})


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch
