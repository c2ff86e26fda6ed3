from document_files import opendocument
from qwen3_embed_integrations.rag.corpora.loaders.opendocument import read_opendocument

BODY = (
    '<office:text><text:h text:outline-level="2">A<text:s text:c="2"/>B</text:h><text:list><text:list-item>'
    "<text:p>one</text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>x</text:p>"
    "</table:table-cell><table:table-cell><text:p>y</text:p></table:table-cell></table:table-row></table:table>"
    "<text:p>wo<text:span>rd</text:span><text:line-break/>next<office:annotation><text:p>no</text:p>"
    "</office:annotation></text:p></office:text>"
)


def test_headings_lists_tables_and_whole_words(tmp_path):
    (tmp_path / "a.odt").write_bytes(opendocument(BODY))
    _, blocks = read_opendocument(tmp_path / "a.odt")
    assert [(block.kind, block.level, block.text) for block in blocks] == [
        ("heading", 2, "A  B"),
        ("list", 0, "- one"),
        ("table", 0, "x | y"),
        ("paragraph", 0, "word\nnext"),
    ]
