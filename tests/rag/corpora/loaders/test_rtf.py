import pytest

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders.rtf import read_rtf


def blocks(folder, body, encoding="latin-1"):
    path = folder / "a.rtf"
    path.write_bytes(body.encode(encoding))
    return list(read_rtf(path))


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (r"{\rtf1\ansi Meals are {\b paid}.\par Trains too.}", ["Meals are paid.", "Trains too."]),
        (r"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe f\u252?r 5\'80}", ["Grüße für 5€"]),
        (r"{\rtf1\ansi\uc0 \u-10179\u-8526 bike}", ["\U0001f6b2bike"]),
        (r"{\rtf1\ansi\ansicpg932 \'95\'d4\'95i}", ["返品"]),
        (r"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator Word;}{\info{\title T}}{\stylesheet x}shown}", ["shown"]),
        ("{\\rtf1 one\r\nword\\line next \\{braces\\} \\~}", ["oneword\nnext {braces}"]),
        (r"{\rtf1\trowd Item\cell Limit\cell\row Meals\cell 30\cell\row}", ["Item | Limit | \nMeals | 30 |"]),
        (r"{\rtf1{\field{\*\fldinst HYPERLINK x}{\fldrslt the page}}}", ["the page"]),
        (r"{\rtf1\ansicpg99999 plain \'", ["plain"]),
        (r"{\rtf1}}}}}after", ["after"]),
    ],
)
def test_text_is_read_as_a_word_processor_shows_it(tmp_path, body, texts):
    assert [block.text for block in blocks(tmp_path, body)] == texts


def test_an_outline_level_makes_a_heading(tmp_path):
    body = r"{\rtf1\pard\outlinelevel1 Costs\par\pard Meals are paid.\par}"
    assert blocks(tmp_path, body) == [Block("Costs", "heading", level=2), Block("Meals are paid.")]


def test_what_is_no_rtf_is_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="is no RTF"):
        blocks(tmp_path, "plain text")
    with pytest.raises(UnreadableFileError, match="nested deeper"):
        blocks(tmp_path, "{\\rtf1" + "{" * 5000)
