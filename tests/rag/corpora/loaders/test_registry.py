import importlib
import sys

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders.registry import READERS, TEXT, load_reader, read_document, readers


def test_every_reader_of_the_table_is_there():
    assert all(callable(load_reader(target)) for target in {*READERS.values(), TEXT})


def test_a_given_reader_comes_before_an_entry_point_and_that_before_our_own(tmp_path, monkeypatch):
    (tmp_path / "theirs-1.dist-info").mkdir()
    (tmp_path / "theirs-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (tmp_path / "theirs-1.dist-info" / "entry_points.txt").write_text(
        "[qwen3_embed_integrations.readers]\nmd = theirs:read\nxyz = theirs:read\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    found = readers({".XYZ": "mine:read"})
    assert (found[".md"], found[".xyz"], found[".txt"]) == ("theirs:read", "mine:read", READERS[".txt"])


@pytest.mark.parametrize("target", ["no_such_module:x", "json:nothing", "json:__doc__", "json"])
def test_a_reader_that_is_none_is_refused(target):
    with pytest.raises(ConfigError, match="The reader"):
        load_reader(target)


def test_loading_a_reader_leaves_the_path_as_it_was():
    before = list(sys.path)
    load_reader("json:loads")
    assert sys.path == before


@pytest.mark.parametrize(
    "body",
    ["return 'text'", "return [Block('text')]", "return 'Title', [Block('text')]", "yield Block('text')"],
)
def test_a_reader_may_return_text_or_blocks(tmp_path, monkeypatch, body):
    monkeypatch.chdir(tmp_path)
    name = f"reader_{abs(hash(body))}"
    (tmp_path / f"{name}.py").write_text(
        f"from {Block.__module__} import Block\ndef read(path):\n    {body}\n", encoding="utf-8"
    )
    (tmp_path / "a.x").touch()
    document = read_document(tmp_path / "a.x", "a.x", f"{name}:read")
    assert document.blocks == (Block("text"),)
    assert document.title in ("a", "Title")


def test_blocks_are_cleaned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd_reader.py").write_text(
        f"from {Block.__module__} import Block\n"
        "def read(path):\n"
        "    return [Block(' '), Block('a\\0b\\r\\nc'), Block('x' * 999, 'heading', level=99), Block('H', 'heading')]\n"
    )
    (tmp_path / "a.x").touch()
    found = read_document(tmp_path / "a.x", "a.x", "odd_reader:read").blocks
    assert found == (Block("a\ufffdb\nc"), Block("x" * 999), Block("H", "heading", 1))


def test_too_much_text_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("qwen3_embed_integrations.rag.corpora.loaders.registry.MAX_TEXT_CHARACTERS", 10)
    (tmp_path / "a.txt").write_text("more than ten characters")
    with pytest.raises(UnreadableFileError, match="holds more than 10 characters"):
        read_document(tmp_path / "a.txt", "a.txt", TEXT)


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>git-mv(1)</title><h1>git-mv(1)</h1><h2>NAME</h2><p>git-mv -\n Move a file", "git-mv - Move a file"),
        ("<title>ls</title><h2>Name</h2><p>ls, dir — list directory contents", "ls, dir — list directory contents"),
        ("<title>Form</title><h2>Name</h2><p>Write your name here.", "Form"),
        ("<title>Form</title><h2>Name</h2>", "Form"),
    ],
)
def test_the_title_of_a_manual_page_says_what_it_is_about(tmp_path, page, title):
    (tmp_path / "a.html").write_text(page)
    assert read_document(tmp_path / "a.html", "a.html", READERS[".html"]).title == title
