"""FaissHandle: a FAISS index with LangChain's or LlamaIndex's store around it, and its label in a side file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.store_hits import FirstStage, StoreHit
from qwen3_embed_integrations.core.types import FloatArray

from .faiss_label import LABEL_FILE, read_label, write_label
from .handle import CollectionInfo, Problem, StoredRecords, WritableHandle, n_fetched, short_dimension

try:
    import faiss
except ImportError as error:
    raise missing_extra("faiss-cpu", "faiss") from error

_METRICS = {faiss.METRIC_INNER_PRODUCT: "ip", faiss.METRIC_L2: "l2", faiss.METRIC_L1: "l1"}
_EF_SEARCH = 128  # candidates that the graph keeps at least
_EF_A_CANDIDATE = 4  # with as many as it returns, a graph misses one in fifty of those (benchmarks/stores)
_MANY = 50_000  # vectors above which comparing with each is worth a word


class FaissHandle(WritableHandle):
    """A FAISS index.

    Args:
        index: The index.
        store: LangChain's `FAISS` around it: it holds texts and ids. None: neither can be read nor written.
        folder: Where it is saved; the label lies there in a file of its own. None: it has no label.
        index_name: As in `save_local`.
    """

    engine = "FAISS"
    metric_remedy: ClassVar[str] = (
        "Make the index by stores.faiss.create_index(dimension) (inner product), with "
        "distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT and relevance_score_fn=stores.faiss.relevance in "
        "LangChain, and add the documents again."
    )

    def __init__(
        self, index: Any, *, store: Any = None, folder: str | Path | None = None, index_name: str = "index"
    ) -> None:
        self.index, self.store, self.index_name = index, store, index_name
        self.folder = None if folder is None else Path(folder)

    @property
    def where(self) -> str:
        """Engine and folder."""
        return "FAISS index in memory" if self.folder is None else f"FAISS index in {self.folder}"

    @property
    def _file(self) -> Path | None:
        return None if self.folder is None else self.folder / f"{self.index_name}.faiss"

    def exists(self) -> bool:
        """Return True: an index exists as an object."""
        return True

    def info(self) -> CollectionInfo:
        """Return what FAISS says of the index."""
        metric = _METRICS.get(self.index.metric_type, f"metric {self.index.metric_type}")
        return CollectionInfo(int(self.index.d), metric, int(self.index.ntotal), type(self.index).__name__)

    def label(self) -> Mapping[str, Any] | None:
        """Return the description beside the saved index, if it is of the index that lies there now."""
        return None if self._file is None else read_label(self._file)

    def set_label(self, space: Mapping[str, Any]) -> None:
        """Write the description beside the saved index.

        Raises:
            ConfigError: The index has no folder, or was not saved there.
        """
        if self._file is None or not self._file.exists():
            raise ConfigError(f"{self.where} is not saved, so it can't be labelled. Save it: stores.faiss.save(…).")
        write_label(self._file, space)

    @property
    def keeps_label(self) -> bool:
        """Whether there is a saved index to label."""
        return self._file is not None and self._file.exists()

    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of the first vectors."""
        found = []
        for position in range(min(n, int(self.index.ntotal))):
            name = None if self.store is None else self.store.index_to_docstore_id.get(position)
            document = None if name is None else self.store.docstore.search(name)
            text = getattr(document, "page_content", None)
            found.append((text, self.index.reconstruct(position)))
        return found

    def problems(self) -> list[Problem]:
        """Report a large index that compares a query with every vector, and a store out of step with it."""
        found = []
        count = int(self.index.ntotal)
        if count > _MANY and isinstance(self.index, faiss.IndexFlat):
            found.append(
                Problem(
                    f"{type(self.index).__name__} compares a query with each of {count:,} vectors",
                    f"stores.faiss.create_index({self.index.d}, first=256), and add the documents again",
                )
            )
        if self.store is not None and len(self.store.index_to_docstore_id) != count:
            found.append(
                Problem(
                    f"{count:,} vectors, but {len(self.store.index_to_docstore_id):,} documents: an add failed "
                    "halfway, and searches return other texts",
                    "load the last saved index, or add all documents to a new one",
                )
            )
        return found

    def existing_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids that the store holds."""
        return set(ids) & set(self._store().index_to_docstore_id.values())

    def write(self, records: StoredRecords) -> None:
        """Add the records; those whose id is there are deleted first."""
        store = self._store()
        replaced = sorted(self.existing_ids(records.ids))
        if replaced:
            store.delete(replaced)
        store.add_embeddings(
            list(zip(records.texts, records.embeddings, strict=True)),
            metadatas=[dict(metadata) for metadata in records.metadatas],
            ids=list(records.ids),
        )

    def search(
        self, embedding: FloatArray, k: int = 10, *, first: FirstStage = None, widen: int = 10, where: Any = None
    ) -> list[StoreHit]:
        """Return the nearest vectors; the id is the position where there is no store.

        Raises:
            ConfigError: With `first`, an index that `create_index(first=…)` didn't make; with `where`, always.
        """
        if where is not None:
            raise ConfigError("FAISS can't filter. Use another engine, or filter what it returns.")
        n_wanted = n_fetched(k, widen)
        parameters = None
        is_two_stage = isinstance(self.index, faiss.IndexRefineFlat)
        if first is not None and not is_two_stage:
            raise ConfigError(
                f"{self.where} is a {type(self.index).__name__}, which has one stage. "
                f"Make it by stores.faiss.create_index({self.index.d}, first={first!r})."
            )
        if is_two_stage:
            parameters = search_parameters(widen, n_wanted)
        scores, positions = self.index.search(embedding[None, :], k, params=parameters)
        return [
            self._hit(int(position), float(score))
            for position, score in zip(positions[0], scores[0], strict=True)
            if position >= 0
        ]

    def _hit(self, position: int, score: float) -> StoreHit:
        if self.store is None:
            return StoreHit(str(position), score)
        name = self.store.index_to_docstore_id[position]
        document = self.store.docstore.search(name)
        return StoreHit(name, score, document.page_content, document.metadata)

    def _store(self) -> Any:
        if self.store is None:
            raise ConfigError("A bare FAISS index holds no ids or texts. Give LangChain's FAISS store.")
        return self.store


def create_index(dimension: int, *, first: int | None = None, m: int = 32, widen: int = 10) -> Any:
    """Return an empty index for unit vectors that ranks by cosine.

    Args:
        dimension: Length of an embedding.
        first: Search a graph of the first so many numbers, then rank what it found by the whole embeddings; it takes
            and returns whole embeddings. None: compare with every one.
        m: Neighbours of a vector in the graph.
        widen: How many times the wanted documents the graph returns.
    """
    if first is None:
        return faiss.IndexFlatIP(dimension)
    size = short_dimension(first, dimension, "A FAISS index")
    graph = faiss.IndexHNSWFlat(size, m, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 200, max(_EF_SEARCH, 10 * widen)
    short = faiss.IndexPreTransform(graph)
    short.prepend_transform(faiss.NormalizationTransform(size))
    short.prepend_transform(faiss.RemapDimensionsTransform(dimension, size, False))  # noqa: FBT003 - first, not spread
    index = faiss.IndexRefineFlat(short)
    index.k_factor = widen
    return index


def search_parameters(widen: int, n_wanted: int) -> Any:
    """Return the parameters of a two-stage search whose graph keeps `_EF_A_CANDIDATE` times what is ranked again."""
    graph = faiss.SearchParametersHNSW(efSearch=max(_EF_SEARCH, _EF_A_CANDIDATE * n_wanted))
    short = faiss.SearchParametersPreTransform(index_params=graph)
    return faiss.IndexRefineSearchParameters(k_factor=float(widen), base_index_params=short)


def read_index(file: str | Path) -> Any:
    """Return the index of a file."""
    return faiss.read_index(str(file))


def relevance(score: float) -> float:
    """Return a cosine as LangChain's relevance, from 0 to 1: give it as `relevance_score_fn`."""
    return max(0.0, min(1.0, score))


def save(store: Any, folder: str | Path, encoder: Any, *, index_name: str = "index") -> None:
    """Save LangChain's `FAISS` store and the description of its vector space beside it."""
    store.save_local(str(folder), index_name)
    write_label(Path(folder) / f"{index_name}.faiss", getattr(encoder, "encoder", encoder).space.to_dict())


__all__ = ["LABEL_FILE", "FaissHandle", "create_index", "read_index", "relevance", "save", "search_parameters"]
