"""Each kind of file gives the same records; a file that can't be used is named."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qwen3_embed_integrations import DataFileError
from qwen3_embed_integrations.bulk.inputs import find_sources

RECORDS = [("a", "first, with a comma"), ("b", "second\nof two lines"), ("c", "naïve 学习")]


def written(folder, kind):
    path = folder / f"in.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"id": [name for name, _ in RECORDS], "text": [text for _, text in RECORDS]}), path)
    elif kind == "jsonl":
        import json

        path.write_text("\n".join(json.dumps({"id": name, "text": text}) for name, text in RECORDS), encoding="utf-8")
    else:
        import csv

        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t" if kind == "tsv" else ",").writerows([("id", "text"), *RECORDS])
    return path


def records(path, options):
    (source,) = find_sources([str(path)], path.parent)
    return [(one["id"], one["text"]) for table in source.tables(options) for one in table.to_pylist()]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "tsv"])
def test_a_kind_gives_its_records(kind, tmp_path, options):
    assert records(written(tmp_path, kind), options(shard_records=2)) == RECORDS


def test_lines_of_text_are_named_by_their_number(tmp_path, options):
    path = tmp_path / "in.txt"
    path.write_bytes(b"first\n\nthird \xff\n")
    (source,) = find_sources([str(path)], tmp_path)
    found = [one for table in source.tables(options(id_column=None)) for one in table.to_pylist()]
    assert [one["id"] for one in found] == ["in.txt:0", "in.txt:1", "in.txt:2"]
    assert [one["error"] for one in found] == [None, "the text is empty", "the line is not UTF-8"]


def test_a_folder_gives_its_files_in_order(tmp_path):
    for kind in ("csv", "jsonl"):
        written(tmp_path, kind)
    (tmp_path / "picture.png").touch()
    assert [source.shown for source in find_sources([str(tmp_path)], tmp_path)] == ["in.csv", "in.jsonl"]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv"])
@pytest.mark.parametrize("changed", ["text_column", "id_column"])
def test_a_missing_column_is_named_with_those_there_are(kind, changed, tmp_path, options):
    with pytest.raises(DataFileError, match=r"in\..* has no column 'body'. It has: id, text"):
        records(written(tmp_path, kind), options(**{changed: "body"}))


def test_an_unreadable_file_is_named(tmp_path, options):
    path = tmp_path / "in.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(DataFileError, match=r"in.parquet can't be read"):
        records(path, options())


@pytest.mark.parametrize(("name", "said"), [("nowhere.csv", "neither a file"), ("in.pdf", "unknown kind")])
def test_an_input_that_is_none_is_named(name, said, tmp_path):
    (tmp_path / "in.pdf").touch()
    with pytest.raises(DataFileError, match=said):
        find_sources([str(tmp_path / name)], tmp_path)
