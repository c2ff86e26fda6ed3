"""Queries, documents and relevance judgements are read from files, with BEIR's column names or plainer ones."""

import pytest

from qwen3_embed_integrations import DataFileError
from qwen3_embed_integrations.evaluation import read_dataset, read_pairs


@pytest.fixture
def files(tmp_path):
    """Writes the three files; a test may write one of them anew."""

    def write(queries=None, documents=None, judgements=None):
        paths = tmp_path / "q.jsonl", tmp_path / "d.jsonl", tmp_path / "j.tsv"
        paths[0].write_text(queries or '{"_id": "q1", "text": "one"}\n{"_id": "q2", "text": "two"}\n')
        paths[1].write_text(documents or '{"_id": "d1", "text": "a", "title": "A"}\n{"_id": "d2", "text": "b"}\n')
        paths[2].write_text(judgements or "query-id\tcorpus-id\tscore\nq1\td2\t2\nq1\td1\t0\nq2\td1\t1\n")
        return paths

    return write


def test_beirs_layout_is_read_titles_before_texts(files):
    dataset = read_dataset(*files())
    assert dataset.queries == ("one", "two")
    assert dataset.documents == ("A\na", "b")
    assert dataset.relevant == ({1: 2.0}, {0: 1.0})


def test_plainer_names_are_read_and_a_missing_score_is_one(files):
    paths = files('{"id": 1, "text": "one"}\n', '{"id": 7, "text": "a"}\n', "query_id\tdocument_id\n1\t7\n")
    assert read_dataset(*paths).relevant == ({0: 1.0},)


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({"judgements": "query-id\tcorpus-id\nq9\td1\n"}, ("j.tsv, line 2", "no query has the id 'q9'")),
        ({"judgements": "query-id\tcorpus-id\nq1\td9\n"}, ("j.tsv, line 2", "no document has the id 'd9'")),
        ({"judgements": "query-id\tcorpus-id\tscore\nq1\td1\tgood\n"}, ("j.tsv, line 2", "'good' is not a number")),
        ({"judgements": "query-id\tscore\nq1\t1\n"}, ("j.tsv, line 2", "document_id")),
        ({"judgements": "query-id\tcorpus-id\tscore\nq1\td1\t0\n"}, ("no relevant document",)),
        ({"documents": '{"_id": "d1"}\n'}, ("d.jsonl, line 1", "id and text")),
        ({"queries": '{"_id": "q1", "text": "a"}\n{"_id": "q1", "text": "b"}\n'}, ("q.jsonl, line 2", "twice")),
    ],
)
def test_what_does_not_fit_is_named_by_its_line(files, changed, parts):
    with pytest.raises(DataFileError) as error:
        read_dataset(*files(**changed))
    for part in parts:
        assert part in str(error.value)


def test_pairs_make_a_dataset(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("query,positive,note\na,x,1\nb,y,2\na,z,3\n")
    dataset = read_pairs(path)
    assert dataset.queries == ("a", "b")
    assert dataset.documents == ("x", "y", "z")
    assert dataset.relevant == ({0: 1.0, 2: 1.0}, {1: 1.0})
    path.write_text("query,positive\na,\n")
    with pytest.raises(DataFileError, match="line 2"):
        read_pairs(path)
