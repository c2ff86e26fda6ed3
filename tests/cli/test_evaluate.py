"""`eval` prints the metrics of each dimension, as a table, as Markdown, as JSON and as a plot."""

import json

import pytest


def test_each_dimension_is_measured_and_plotted(run, cells, records, tmp_path):
    code, out, _ = run("eval", "--pairs", records, "--dimensions", 256, "--dimensions", 64, "--plot", "quality.svg")
    assert code == 0
    assert "tiny: 40 queries, 40 documents" in out
    assert cells(out)[0] == ["dimension", "nDCG@10", "R@1", "R@10", "R@100", "MRR@10", "bytes"]
    assert [line[0] for line in cells(out)[2:4]] == ["256", "64"]
    assert [line[-1] for line in cells(out)[2:4]] == ["1,024", "256"]
    assert "nDCG@10, percent" in (tmp_path / "quality.svg").read_text()


def test_json_holds_the_metrics_of_each_dimension(run, records):
    code, out, notes = run("eval", "--pairs", records, "--dimensions", 256, "--dimensions", 64, "--json")
    assert (code, notes) == (0, "")
    found = json.loads(out)
    assert (found["model"], found["queries"], found["documents"]) == ("tiny", 40, 40)
    assert [one["dimension"] for one in found["metrics"]] == [256, 64]
    assert all(0 <= one["ndcg_at_10"] <= 1 for one in found["metrics"])


def test_markdown_is_printed(run, records):
    _, out, _ = run("eval", "--pairs", records, "--markdown", "--dimensions", 32)
    assert out.startswith("| dimension | nDCG@10 |")
    assert "\n| 32 | " in out


def test_three_files_are_read(run, tmp_path):
    (tmp_path / "q.csv").write_text("id,text\n1,cats\n2,dogs\n")
    (tmp_path / "d.csv").write_text("id,text\na,Cats purr.\nb,Dogs bark.\n")
    (tmp_path / "j.csv").write_text("query_id,document_id\n1,a\n2,b\n")
    code, out, _ = run("eval", "--queries", "q.csv", "--documents", "d.csv", "--judgements", "j.csv")
    assert code == 0
    assert "tiny: 2 queries, 2 documents" in out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "give --pairs"),
        (("--pairs", "a.csv", "--queries", "b.csv"), "not both"),
        (("--pairs", "nowhere.csv"), "nowhere.csv' does not exist"),
        (("--pairs", "a.csv", "--json", "--markdown"), "not both"),
    ],
)
def test_bad_input_is_one_line(run, assert_refused, arguments, part):
    assert_refused(run("eval", *arguments), part)
