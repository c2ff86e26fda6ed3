import pytest

from qwen3_embed_integrations.rag.corpora.loaders.delimited import read_delimited


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_found(tmp_path, delimiter):
    lines = [["name", "text"], ["a", '"one, two; three"'], ["b", "four"]]
    (tmp_path / "a.csv").write_text("\n".join(delimiter.join(line) for line in lines))
    (block,) = read_delimited(tmp_path / "a.csv")
    assert (block.text, block.cell) == ("name | text\na | one, two; three\nb | four", "A1:B3")


def test_a_cell_may_hold_a_long_text(tmp_path):
    (tmp_path / "a.tsv").write_text("name\ttext\na\t" + "word " * 50_000)
    assert sum(len(block.text) for block in read_delimited(tmp_path / "a.tsv")) > 200_000


def test_a_single_column_is_a_table_too(tmp_path):
    (tmp_path / "a.csv").write_text("name\nx\ny\n")
    assert [block.text for block in read_delimited(tmp_path / "a.csv")] == ["name\nx\ny"]
