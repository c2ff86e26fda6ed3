from document_files import docx, word_paragraph
from qwen3_embed_integrations.rag.corpora.loaders.docx import read_docx

RUNS = "<w:r><w:t>Hand</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>book</w:t></w:r>"
ITEM = f'<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr>{RUNS}</w:p>'
TABLE = "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>".format(word_paragraph("x"), word_paragraph("y"))


def test_headings_tables_and_whole_words(tmp_path):
    (tmp_path / "a.docx").write_bytes(docx(word_paragraph("Costs", "Heading2") + ITEM + TABLE))
    title, blocks = read_docx(tmp_path / "a.docx")
    assert title == ""
    assert [(block.kind, block.level, block.text) for block in blocks] == [
        ("heading", 2, "Costs"),
        ("paragraph", 0, "Handbook"),
        ("table", 0, "x | y"),
    ]


def test_a_plain_document_type_is_no_entity(tmp_path):
    (tmp_path / "a.docx").write_bytes(docx(word_paragraph("Text."), "<!DOCTYPE w>"))
    assert [block.text for block in read_docx(tmp_path / "a.docx")[1]] == ["Text."]
