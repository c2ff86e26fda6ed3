from itertools import pairwise

from qwen3_embed_integrations.rag.corpora.loaders.tables import column_name, table_blocks


def test_every_part_begins_with_the_header_and_knows_its_records():
    records = [["", ""], ["name", "text"], *([f"n{number}", "x" * 100] for number in range(40)), ["", ""]]
    parts = list(table_blocks(records))
    assert len(parts) > 2
    assert all(text.startswith("name | text\n") for text, *_ in parts)
    assert (parts[0][1], parts[-1][2], parts[0][3]) == (2, 42, 2)
    assert all(right[1] == left[2] + 1 for left, right in pairwise(parts))


def test_a_header_alone_is_a_table():
    assert list(table_blocks([["a", "b"]])) == [("a | b", 1, 1, 2)]
    assert list(table_blocks([])) == []


def test_columns_are_named_as_in_a_sheet():
    assert [column_name(number) for number in (1, 26, 27, 703)] == ["A", "Z", "AA", "AAA"]
