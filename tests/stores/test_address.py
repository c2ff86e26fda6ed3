"""A collection is opened by one line, whoever made it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
import faiss
import pytest
from pymilvus import MilvusClient
from qdrant_client import QdrantClient

from qwen3_embed_integrations import ConfigError, Qwen3Encoder
from qwen3_embed_integrations.stores import CollectionHandle, MilvusHandle, PgvectorHandle, QdrantHandle, guarded
from qwen3_embed_integrations.stores.address import open_address
from qwen3_embed_integrations.stores.faiss import create_index


def opened(address: str) -> tuple[str, int | None, Any]:
    with open_address(address) as handle:
        assert isinstance(handle, CollectionHandle)
        return handle.engine, handle.info().dimension, handle.label()


def test_files_and_folders_are_opened(tmp_path: Path, encoder: Qwen3Encoder) -> None:
    label = encoder.space.to_dict()
    qdrant = QdrantClient(path=str(tmp_path / "qdrant"))
    QdrantHandle(qdrant, "docs").create(64)
    guarded(QdrantHandle(qdrant, "docs"), encoder)
    qdrant.close()
    assert opened(f"qdrant:{tmp_path}/qdrant#docs") == ("Qdrant", 64, label)

    milvus = MilvusClient(str(tmp_path / "lite.db"))
    MilvusHandle(milvus, "docs").create(64)
    guarded(MilvusHandle(milvus, "docs"), encoder)
    milvus.close()
    assert opened(f"milvus:{tmp_path}/lite.db#docs") == ("Milvus", 64, label)

    faiss.write_index(create_index(64), str(tmp_path / "index.faiss"))
    assert opened(f"faiss:{tmp_path}") == ("FAISS", 64, None)

    chroma = chromadb.PersistentClient(str(tmp_path / "chroma"))
    chroma.create_collection("docs").add(ids=["a"], documents=["a"], embeddings=[[0.1] * 64])
    assert opened(f"chroma:{tmp_path}/chroma#docs") == ("Chroma", 64, None)


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_a_table_of_any_framework_is_opened(postgres: str, name: str, columns: int) -> None:
    from qwen3_embed_integrations.stores.pgvector_sql import KNOWN_COLUMNS

    with PgvectorHandle(postgres, name, columns=KNOWN_COLUMNS[columns]) as made:
        made.create(64)
    assert opened(f"{postgres}#{name}") == ("pgvector", 64, None)
    assert opened(f"{postgres}#public.{name}") == ("pgvector", 64, None)


@pytest.mark.parametrize("address", ["docs", "mysql://a#b", "qdrant:folder", "qdrant:#docs"])
def test_other_forms_are_refused_with_those_that_exist(address: str) -> None:
    with pytest.raises(ConfigError, match=r"Expected qdrant:FOLDER#collection"), open_address(address):
        pass


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    for address in (f"qdrant:{tmp_path}/none#docs", f"milvus:{tmp_path}/none.db#docs", f"faiss:{tmp_path}"):
        with pytest.raises(ConfigError, match="There is no"), open_address(address):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    for engine, file in (("qdrant", r"meta\.json"), ("chroma", r"chroma\.sqlite3")):
        with pytest.raises(ConfigError, match=f"there is no {file} in it"), open_address(f"{engine}:{tmp_path}#docs"):
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_there", [False, True], ids=["no folder", "an empty folder"])
def test_a_folder_is_made_where_there_is_nothing_yet_and_it_is_wanted(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "store"
    if is_there:
        folder.mkdir()
    with open_address(f"qdrant:{folder}#docs", make=True) as handle:
        assert not handle.exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("Dear Amara")
    with pytest.raises(ConfigError, match=r"is no folder of qdrant"):
        open_address(f"qdrant:{tmp_path / 'other'}#docs", make=True).__enter__()
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["letter.txt"]


def test_a_collection_of_chroma_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    chromadb.PersistentClient(str(tmp_path)).create_collection("docs")
    with (
        pytest.raises(ConfigError, match=r"no collection 'other' in .*It has docs"),
        open_address(f"chroma:{tmp_path}#other"),
    ):
        pass
