"""A collection's address in one line, for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra

from .handle import CollectionHandle
from .labelled import ChromaHandle

FORMS = (
    "qdrant:FOLDER#collection, qdrant:http://host:6333#collection, milvus:FILE.db#collection, "
    "milvus:http://host:19530#collection, postgresql://user@host/database#table, faiss:FOLDER or "
    "chroma:FOLDER#collection"
)


@contextmanager
def open_address(address: str, *, make: bool = False) -> Iterator[CollectionHandle]:
    """Open the collection at an address, such as "qdrant:http://localhost:6333#docs"; it is closed at the end.

    Args:
        address: One of `FORMS`.
        make: Let the client of Qdrant or Milvus make the folder or file if there is none, or an empty folder.

    Raises:
        ConfigError: No such form of an address, no such folder or file, or a folder that the engine has not made.
        MissingExtraError: The engine's client is not installed.
    """
    engine, _, rest = address.partition(":")
    place, _, name = rest.partition("#")
    opened = _ENGINES.get(engine)
    if opened is None or not place or (not name and engine != "faiss"):
        raise ConfigError(f"Found the store {address!r}. Expected {FORMS}.")
    if "://" not in rest and engine not in {"postgresql", "postgres"} and not (make and _is_free(Path(place), engine)):
        _check_made(place, engine, address)
    with opened(place, name, address) as handle:
        yield handle


@contextmanager
def _qdrant(place: str, name: str, _: str) -> Iterator[CollectionHandle]:
    from .qdrant import QdrantClient, QdrantHandle

    client = QdrantClient(url=place) if "://" in place else QdrantClient(path=place)
    try:
        yield QdrantHandle(client, name)
    finally:
        client.close()


@contextmanager
def _milvus(place: str, name: str, _: str) -> Iterator[CollectionHandle]:
    from .milvus import MilvusClient, MilvusHandle

    client = MilvusClient(place)
    try:
        found = MilvusHandle(client, name)
        if found.exists():
            primary = next(field["name"] for field in client.describe_collection(name)["fields"] if _is_primary(field))
            found = MilvusHandle(client, name, primary=primary)
        yield found
    finally:
        client.close()


def _is_primary(field: dict[str, Any]) -> bool:
    return bool(field.get("is_primary"))


@contextmanager
def _postgresql(_: str, name: str, address: str) -> Iterator[CollectionHandle]:
    from .pgvector import PgvectorHandle
    from .pgvector_sql import KNOWN_COLUMNS

    schema, _, table = name.rpartition(".")
    for columns in KNOWN_COLUMNS:
        handle = PgvectorHandle(address.partition("#")[0], table, schema=schema or "public", columns=columns)
        with handle:
            if not handle.exists() or handle.has_columns() or columns is KNOWN_COLUMNS[-1]:
                yield handle
                return


@contextmanager
def _faiss(place: str, name: str, _: str) -> Iterator[CollectionHandle]:
    from .faiss import FaissHandle, read_index

    file = Path(place) / f"{name or 'index'}.faiss"
    if not file.exists():
        raise ConfigError(f"There is no {file}. Give the folder that save_local wrote, and #name if it isn't index.")
    yield FaissHandle(read_index(file), folder=place, index_name=name or "index")


@contextmanager
def _chroma(place: str, name: str, _: str) -> Iterator[CollectionHandle]:
    from importlib import import_module

    try:
        chromadb = import_module("chromadb")
    except ImportError as error:
        raise missing_extra("chromadb", "chroma") from error
    client = chromadb.PersistentClient(place)
    names = [collection.name for collection in client.list_collections()]
    if name not in names:
        raise ConfigError(f"There is no collection {name!r} in {place}. It has {', '.join(sorted(names)) or 'none'}.")
    yield ChromaHandle(client.get_collection(name, embedding_function=None))


def _is_free(place: Path, engine: str) -> bool:
    """Return whether the engine's client makes a store of its own here, where there is nothing yet."""
    return engine in {"qdrant", "milvus"} and (not place.exists() or (place.is_dir() and not any(place.iterdir())))


def _check_made(place: str, engine: str, address: str) -> None:
    """Raise ConfigError if an engine has not made this folder or file: its client would make a store there."""
    if not Path(place).exists():
        raise ConfigError(f"There is no {place!r} for the store {address!r}. Give the folder or file that it wrote.")
    file = _FILES.get(engine)
    if file is not None and not (Path(place) / file).exists():
        raise ConfigError(f"{place} is no folder of {engine}: there is no {file} in it.")


_FILES = {"qdrant": "meta.json", "chroma": "chroma.sqlite3"}
"""Engine → a file that is in each of its folders."""

_ENGINES = {
    "qdrant": _qdrant,
    "milvus": _milvus,
    "postgresql": _postgresql,
    "postgres": _postgresql,
    "faiss": _faiss,
    "chroma": _chroma,
}
