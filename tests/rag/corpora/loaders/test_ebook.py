import pytest

from document_files import FACT, epub, zipped
from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders.ebook import read_ebook


def test_chapters_come_in_the_order_of_the_spine(tmp_path):
    (tmp_path / "a.epub").write_bytes(epub())
    title, blocks = read_ebook(tmp_path / "a.epub")
    assert title == "The handbook"
    assert [block.text for block in blocks] == ["Start", "Welcome.", "Costs", FACT]


def test_an_archive_without_a_package_is_no_ebook(tmp_path):
    (tmp_path / "a.epub").write_bytes(zipped({"x": "y"}))
    with pytest.raises(UnreadableFileError, match="is no e-book"):
        read_ebook(tmp_path / "a.epub")
