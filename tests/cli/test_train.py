"""`train` prints the metrics before and after within 80 columns, and where the model is."""

import pytest

from qwen3_embed_integrations import Qwen3Encoder


def test_metrics_before_and_after_are_printed_whole_at_80_columns(run, cells, records, checkpoint, tmp_path):
    options = ("--data", records, "--output", tmp_path / "mine", "--dev-share", 0.2, "--batch-size", 8, "--epochs", 1)
    code, out, notes = run("train", *options, "--max-tokens", 48, "--model", checkpoint, "--dimensions", 32)
    assert code == 0, notes
    table = cells(out)[:6]
    assert table[0] == ["model", "dimension", "nDCG@10", "R@1", "R@10", "R@100", "MRR@10", "bytes"]
    assert [line[:2] for line in table[2:]] == [["before", "64"], ["before", "32"], ["after", "64"], ["after", "32"]]
    assert max(len(line) for line in out.splitlines()[:7]) <= 80
    assert "…" not in out
    assert "mine: trained on 32 records in 4 steps." in " ".join(out.split())
    assert Qwen3Encoder(model=str(tmp_path / "mine")).dimension == 64


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "--data"),
        (("--data", "nowhere.jsonl"), "nowhere.jsonl' does not exist"),
        (("--batch-size", "0"), "--batch-size 0: "),
    ],
)
def test_bad_input_is_one_line(run, assert_refused, arguments, part):
    assert_refused(run("train", *arguments), part)
