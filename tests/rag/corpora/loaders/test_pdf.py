import pytest

from document_files import pdf, written
from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders import pdf as loader


def test_a_heading_stands_where_its_words_are(tmp_path):
    (tmp_path / "a.pdf").write_bytes(written(pdf("Intro", "Costs", "Meals.", outline={"Costs": 1, "Hidden": 2})))
    _, blocks = loader.read_pdf(tmp_path / "a.pdf")
    assert [(block.kind, block.text, block.page) for block in blocks] == [
        ("paragraph", "Intro", 1),
        ("heading", "Costs", 2),
        ("heading", "Hidden", 3),
        ("paragraph", "Meals.", 3),
    ]


def test_too_many_pages_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "MAX_PAGES", 1)
    (tmp_path / "a.pdf").write_bytes(written(pdf("One", "Two")))
    with pytest.raises(UnreadableFileError, match="has 2 pages; at most 1"):
        loader.read_pdf(tmp_path / "a.pdf")


def test_too_much_text_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "MAX_TEXT_CHARACTERS", 5)
    (tmp_path / "a.pdf").write_bytes(written(pdf("One", "Two", "Three")))
    with pytest.raises(UnreadableFileError, match="holds more than 5 characters"):
        loader.read_pdf(tmp_path / "a.pdf")
