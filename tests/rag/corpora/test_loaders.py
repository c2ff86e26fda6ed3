import pytest

from qwen3_embed_integrations.rag.corpora.loaders import UnreadableFileError, read_file


def test_the_suffix_decides_the_format_whatever_its_case(tmp_path):
    (tmp_path / "A.MD").write_text("# Title\n\ntext", encoding="utf-8")
    (document,) = read_file(tmp_path / "A.MD", "A.MD")
    assert document.metadata == {"source": "A.MD", "title": "Title", "format": "markdown"}


def test_a_file_without_text_has_no_documents(tmp_path):
    (tmp_path / "a.txt").write_text(" \n")
    assert read_file(tmp_path / "a.txt", "a.txt") == []


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UnreadableFileError, match="is no regular file"):
        read_file(tmp_path, "x")
