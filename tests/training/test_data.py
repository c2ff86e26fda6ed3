"""Every malformed record is refused with its line, before anything is computed."""

import json

import pytest

from qwen3_embed_integrations import DataFileError
from qwen3_embed_integrations.training.data import read_examples

GOOD = {"query": "a question", "positive": "its answer"}
OTHER = {"query": "another question", "positive": "another answer"}


@pytest.fixture
def read(tmp_path):
    def read(*records, name="pairs.jsonl"):
        path = tmp_path / name
        path.write_text("".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records))
        return read_examples([path])

    return read


def test_records_are_read_with_their_places_negatives_task_and_group(read):
    first, second = read(
        {**GOOD, "negative": "no", "negative_2": "nor this", "task": "code", "group": 7},
        {**OTHER, "negative": ["neither", "nor that"], "task": "sort my papers by subject"},
    )
    assert first.place == "pairs.jsonl, line 1"
    assert first.negatives == ("no", "nor this")
    assert (first.task, first.group) == ("code", "7")
    assert second.negatives == ("neither", "nor that")


def test_repeated_pairs_count_once(read):
    assert len(read(GOOD, OTHER, GOOD)) == 2


def test_csv_and_parquet_hold_the_same_records_as_json_lines(tmp_path, read):
    import pyarrow as pa
    from pyarrow import parquet

    expected = read(GOOD, OTHER)
    (tmp_path / "pairs.csv").write_text('query,positive\na question,its answer\n"another question","another answer"\n')
    parquet.write_table(pa.Table.from_pylist([GOOD, OTHER]), tmp_path / "pairs.parquet")
    for name in ("pairs.csv", "pairs.parquet"):
        found = read_examples([tmp_path / name])
        assert [(one.query, one.positive) for one in found] == [(one.query, one.positive) for one in expected]
    assert found[1].place == "pairs.parquet, record 2"


@pytest.mark.parametrize(
    ("record", "parts"),
    [
        ({"query": "a"}, ("line 2: positive is missing",)),
        ({**GOOD, "positive": "  "}, ("line 2", "positive is '  '")),
        ({**GOOD, "query": 7}, ("line 2: query is of type int",)),
        ({**GOOD, "positives": "x"}, ("line 2: unknown column 'positives'", "Did you mean 'positive'?")),
        ({**GOOD, "negative": "its answer"}, ("line 2", "equals the positive")),
        ({**GOOD, "negative": "a question"}, ("line 2", "equals the query")),
        ({**GOOD, "negative": ["x", ""]}, ("line 2", "a negative is empty")),
        ({**GOOD, "task": "cod"}, ("line 2", "Did you mean 'code'?")),
        ({**GOOD, "task": 3}, ("line 2", "task is of type int")),
        ({**GOOD, "query_vector": [1.0]}, ("line 2", "needs both")),
        ({**GOOD, "query_vector": [1.0], "positive_vector": [1.0, 2.0]}, ("line 2", "1 and 2 numbers")),
        ({**GOOD, "query_vector": "1,2", "positive_vector": [1.0]}, ("line 2", "not a list of numbers")),
        ("{not json", ("line 2: not JSON",)),
        ("[1]", ("line 2: a list",)),
    ],
)
def test_a_malformed_record_is_named_by_its_line(read, record, parts):
    with pytest.raises(DataFileError) as error:
        read(OTHER, record)
    for part in parts:
        assert part in str(error.value)


def test_several_bad_records_are_named_at_once_and_the_rest_counted(read):
    with pytest.raises(DataFileError, match=r"line 1: .*line 5: .*And 2 more"):
        read(*[{"query": "a"}] * 7)


def test_records_that_are_useless_together_are_refused(read):
    with pytest.raises(DataFileError, match="the same negative"):
        read({**GOOD, "negative": "no"}, {**OTHER, "negative": "no"})
    with pytest.raises(DataFileError, match="the same positive"):
        read(GOOD, {**OTHER, "positive": "its answer"})
    with pytest.raises(DataFileError, match=r"line 2: 0 negatives, but pairs\.jsonl, line 1 has 1"):
        read({**GOOD, "negative": "no"}, OTHER)


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("empty.jsonl", "", "has no records"),
        ("pairs.txt", "x", "suffix '.txt', expected .jsonl"),
        ("short.csv", "query,positive\nonly one\n", "line 2: expected 2 fields"),
        ("quote.csv", 'query,positive\n"a" b,c\n', "line 2"),
        ("bad.parquet", "no parquet", "can't be read as Parquet"),
    ],
)
def test_a_file_that_is_not_a_table_is_refused(tmp_path, name, text, part):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataFileError, match=part):
        read_examples([tmp_path / name])


def test_no_file_and_bytes_that_are_not_utf8_are_refused(tmp_path):
    with pytest.raises(DataFileError, match="--data"):
        read_examples([])
    with pytest.raises(DataFileError, match="does not exist"):
        read_examples([tmp_path / "nowhere.jsonl"])
    (tmp_path / "latin.jsonl").write_bytes(b'{"query": "a", "positive": "b"}\n{"query": "\xe4", "positive": "c"}\n')
    with pytest.raises(DataFileError, match="line 2: not UTF-8"):
        read_examples([tmp_path / "latin.jsonl"])
