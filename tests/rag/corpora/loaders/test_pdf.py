import pypdfium2
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


def test_what_is_no_pdf_protected_or_without_text_is_named(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7 and nothing more")
    with pytest.raises(UnreadableFileError, match="is no PDF that can be read"):
        loader.read_pdf(path)
    path.write_bytes(written(pdf("")))
    with pytest.raises(UnreadableFileError, match="without text, perhaps a scan"):
        loader.read_pdf(path)
    protected = pdf("One")
    protected.encrypt("secret", algorithm="AES-256")
    path.write_bytes(written(protected))
    with pytest.raises(UnreadableFileError, match="protected by a password"):
        loader.read_pdf(path)


def test_a_damaged_outline_costs_the_headings_alone():
    class Document:
        def get_toc(self):
            raise pypdfium2.PdfiumError("broken")

    assert loader._outline(Document()) == {}


def test_a_word_that_a_line_ends_in_the_middle_of_is_whole_again(tmp_path):
    lines = ("The con-", "tract of Rhine-", "Main ends in 2020-", "2021, in win-", "ter.")
    (tmp_path / "a.pdf").write_bytes(written(pdf(") Tj 0 -9 Td (".join(lines))))
    (block,) = loader.read_pdf(tmp_path / "a.pdf")[1]
    assert " ".join(block.text.split()) == "The contract of Rhine-Main ends in 2020-2021, in winter."
