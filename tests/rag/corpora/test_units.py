from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.units import document_units
from rag_documents import count_words


def units(*blocks, limit=50, target=20):
    return document_units(ParsedDocument("a", "A", blocks), limit, target, count_words)


def test_a_short_block_is_one_unit_and_a_long_one_its_sentences():
    short, *long = units(Block("One. Two."), Block("This is a sentence of six. " * 10))
    assert (short.text, short.start) == ("One. Two.", 0)
    assert {unit.text.strip() for unit in long} == {"This is a sentence of six."}
    assert long[0].start == len("One. Two.") + 2


def test_lines_of_a_table_know_their_header():
    first, *rest = units(Block("a | b\n" + "1 | 2\n" * 30, "table"))
    assert (first.text, first.repeated) == ("a | b\n", "")
    assert {unit.repeated for unit in rest} == {"a | b\n"}
    assert {unit.n_repeated for unit in rest} == {3}


def test_a_header_that_is_too_long_is_not_repeated():
    found = units(Block("column " * 20 + "\n" + "1 | 2\n" * 30, "table"))
    assert {unit.repeated for unit in found} == {""}


def test_sections_and_top_headings_are_numbered():
    found = units(
        Block("A", "heading", 1), Block("x"), Block("B", "heading", 2), Block("y"), Block("C", "heading", 1), Block("z")
    )
    assert [(unit.section, unit.top, unit.path) for unit in found if not unit.is_heading] == [
        (1, 1, ("A",)),
        (2, 1, ("A", "B")),
        (3, 2, ("C",)),
    ]


def test_no_unit_is_over_the_limit():
    assert all(unit.n_tokens <= 50 for unit in units(Block("x" * 5000), Block("word " * 500)))
