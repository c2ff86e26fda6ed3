import sys
from pathlib import Path

import pytest

from qwen3_embed_integrations.rag.paths import cache_folder, default_index


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    return tmp_path


def test_an_index_has_one_folder_for_each_name():
    assert default_index("/home/me/notes") == default_index("/home/me/notes")
    assert default_index("/home/me/notes") != default_index("/home/you/notes")
    assert default_index("/home/me/My notes! (2)").name.startswith("my-notes-2-")


def test_a_name_that_is_no_utf8_has_a_folder_too():
    assert default_index("/home/caf\udce9").parent == default_index("/home/cafe").parent


def test_the_folder_is_where_the_system_keeps_caches(home, monkeypatch):
    for platform, base in [("linux", home), ("win32", home), ("darwin", Path.home() / "Library" / "Caches")]:
        monkeypatch.setattr(sys, "platform", platform)
        assert cache_folder() == base / "qwen3-embed"
