"""Records of every format are the same, with the place that an error names."""

import pytest

from qwen3_embed_integrations import DataFileError
from qwen3_embed_integrations.evaluation import raise_problems, read_records


def test_every_format_holds_the_same_records(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    expected = [{"a": "x, y", "b": "1"}, {"a": "ß", "b": None}]
    (tmp_path / "r.jsonl").write_text('{"a": "x, y", "b": "1"}\n\n{"a": "ß", "b": null}\n', encoding="utf-8")
    (tmp_path / "r.csv").write_text('\ufeffa,b\n"x, y",1\nß,\n', encoding="utf-8")
    (tmp_path / "r.tsv").write_text("a\tb\nx, y\t1\nß\t\n", encoding="utf-8")
    parquet.write_table(pa.Table.from_pylist(expected), tmp_path / "r.parquet")
    for name in ("r.jsonl", "r.csv", "r.tsv", "r.parquet"):
        assert [dict(record.values) for record in read_records(tmp_path / name)] == expected, name
    assert [record.place for record in read_records(tmp_path / "r.jsonl")] == ["r.jsonl, line 1", "r.jsonl, line 3"]


def test_a_document_may_be_longer_than_csvs_default_limit(tmp_path):
    (tmp_path / "r.csv").write_text(f"a\n{'x' * 200_000}\n")
    (record,) = read_records(tmp_path / "r.csv")
    assert len(record.values["a"]) == 200_000


def test_the_first_five_problems_are_named_and_the_rest_counted():
    raise_problems([])
    with pytest.raises(DataFileError, match=r"^p0 p1 p2 p3 p4 And 2 more\.$"):
        raise_problems([f"p{number}" for number in range(7)])
