from document_files import FACT, pptx
from qwen3_embed_integrations.rag.corpora.loaders.pptx import read_pptx


def test_slides_have_headings_tables_and_notes(tmp_path):
    (tmp_path / "a.pptx").write_bytes(pptx())
    _, blocks = read_pptx(tmp_path / "a.pptx")
    assert [(block.kind, block.slide, block.text) for block in blocks] == [
        ("heading", 1, "Travel"),
        ("paragraph", 1, "Book early"),
        ("heading", 2, "Costs"),
        ("table", 2, "Item | Limit\nMeals | 30 euros"),
        ("paragraph", 2, f"Notes: {FACT}"),
    ]
