"""FaissHandle: a FAISS index with LangChain's or LlamaIndex's store around it, and its label in a side file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.store_hits import FirstStage, StoreHit
from qwen3_embed_integrations.core.types import FloatArray

from .arguments import out_of_step
from .faiss_files import finish_save, is_unfinished, save_files
from .faiss_index import create_index, faiss, first_stage, read_index, relevance, search_parameters
from .faiss_label import LABEL_FILE, read_label, write_label
from .handle import CollectionInfo, Problem, StoredRecords, WritableHandle, n_fetched
from .opening import guarded

_METRICS = {faiss.METRIC_INNER_PRODUCT: "ip", faiss.METRIC_L2: "l2", faiss.METRIC_L1: "l1"}
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
        """Return the description beside the saved index, if it is of the index that lies there now.

        Raises:
            ConfigError: A save was interrupted, so that the files there may be of two saves.
        """
        if self.folder is not None and is_unfinished(self.folder, self.index_name):
            raise ConfigError(
                f"The last save of the {self.where} was interrupted. Load it by stores.faiss.load, which finishes it."
            )
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
        if self.store is not None and (wrong := out_of_step(self.store)):
            found.append(Problem(wrong, "load the last saved index, or add all documents to a new one"))
        return found

    def check_writable(self, texts: Sequence[str], metadatas: Sequence[Mapping[str, Any]]) -> None:
        """Refuse a store that an add has put out of step with its index."""
        del texts, metadatas
        if found := out_of_step(self._store()):
            raise ConfigError(f"{self.where} has {found}. Load the last saved store. Nothing was written.")

    def existing_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids that the store holds."""
        return set(ids) & set(self._store().index_to_docstore_id.values())

    def write(self, records: StoredRecords) -> None:
        """Add the records; those whose id is there are deleted first."""
        store = self._store()
        replaced = sorted(self.existing_ids(records.ids))
        if replaced:
            try:
                store.delete(replaced)
            except RuntimeError as error:  # of a graph; nothing is deleted then
                raise ConfigError(
                    f"A {type(self.index).__name__} can't delete, so {len(replaced)} documents can't be replaced. Add "
                    "all documents to a new index."
                ) from error
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
        if len(embedding) != self.index.d:
            raise ConfigError(f"Found a query of {len(embedding)} numbers, expected {self.index.d}.")
        n_wanted = n_fetched(k, widen)
        stage = first_stage(self.index)
        if first is not None and first != stage:
            raise ConfigError(
                f"{self.where} is a {type(self.index).__name__}, which has one stage. "
                f"Make it by stores.faiss.create_index({self.index.d}, first={first!r})."
                if stage is None
                else f"{self.where} has the first stage {stage!r}, not {first!r}."
            )
        parameters = None if stage is None else search_parameters(self.index, widen, n_wanted)
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


def save(store: Any, folder: str | Path, encoder: Any, *, index_name: str = "index") -> None:
    """Save LangChain's `FAISS` store and the description of its vector space, all files or none."""
    space = getattr(encoder, "encoder", encoder).space.to_dict()
    save_files(store, Path(folder), index_name, space)


def load(
    folder: str | Path, embeddings: Any, *, index_name: str = "index", allow_dangerous_deserialization: bool = False
) -> Any:
    """Return LangChain's `FAISS` store of a folder, checked, with the arguments that make its scores right.

    Args:
        folder: Where `save` has written it.
        embeddings: `Qwen3Embeddings`.
        index_name: As in `save`.
        allow_dangerous_deserialization: The documents are a pickle, which can run any code when it is read: say True if
            you know who wrote it.

    Raises:
        FileNotFoundError: Nothing is saved there.
        ConfigError, SpaceMismatchError: As in `guarded`.
    """
    path = Path(folder)
    finish_save(path, index_name)
    if not (path / f"{index_name}.faiss").exists():
        raise FileNotFoundError(f"There is no {index_name}.faiss in {path}.")
    found = import_module("langchain_community.vectorstores").FAISS.load_local(
        str(path),
        embeddings,
        index_name,
        allow_dangerous_deserialization=allow_dangerous_deserialization,
        distance_strategy="MAX_INNER_PRODUCT",
        relevance_score_fn=relevance,
    )
    return guarded(found, embeddings, folder=path, index_name=index_name)


__all__ = [
    "LABEL_FILE",
    "FaissHandle",
    "create_index",
    "load",
    "read_index",
    "relevance",
    "save",
    "search_parameters",
]
