from qwen3_embed_integrations.rag.corpora.loaders.plain_text import paragraphs


def test_blank_lines_separate_paragraphs_and_indents_stay():
    assert [block.text for block in paragraphs("a\nb\n \n\n  c  \n")] == ["a\nb", "  c"]
    assert list(paragraphs(" \n\n ")) == []
