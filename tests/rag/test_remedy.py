"""Errors of an index say what to do; errors of this package pass as they are."""

import shutil

import pytest
from chromadb.errors import InternalError
from filelock import Timeout

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag.remedy import with_remedy

USAGE = type(shutil.disk_usage("."))


@pytest.fixture
def free(monkeypatch):
    """Set the bytes that the disk has left."""

    def set_free(n_bytes):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: USAGE(10**12, 10**12 - n_bytes, n_bytes))

    set_free(10**11)
    return set_free


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (Timeout("the.lock"), "Wait until it has ended"),
        (InternalError("file is not a database"), "Choose another folder with --index, or delete this one"),
        (PermissionError(13, "Permission denied"), "Choose another folder with --index."),
    ],
    ids=["locked", "unreadable", "forbidden"],
)
@pytest.mark.usefixtures("free")
def test_an_error_of_the_index_names_the_folder_and_what_to_do(tmp_path, error, advice):
    with pytest.raises(RagError) as raised, with_remedy(tmp_path / "index"):
        raise error
    assert str(tmp_path / "index") in str(raised.value)
    assert advice in str(raised.value)
    assert raised.value.__cause__ is error


def test_a_full_disk_is_named_whatever_the_store_says(tmp_path, free):
    free(5_000_000)
    with pytest.raises(RagError, match="5 MB left: free some space"), with_remedy(tmp_path / "no" / "such" / "folder"):
        raise InternalError("disk I/O error")


def test_an_error_of_this_package_passes_unchanged(tmp_path):
    error = ConfigError("dimension=3")
    with pytest.raises(ConfigError) as raised, with_remedy(tmp_path):
        raise error
    assert raised.value is error
