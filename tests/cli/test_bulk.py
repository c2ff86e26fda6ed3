"""The command `embed` prints what it did, and ends with one line where it can't."""

import json

import pytest

from qwen3_embed_integrations.cli.app import main


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(["embed", *map(str, arguments)])
    return ended.value.code


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("a text\n\nanother text " + "word " * 40 + "\n")
    return path


def test_json_and_words_say_the_same(texts, checkpoint, tmp_path, capsys):
    flags = ("--output", tmp_path / "out", "--model", checkpoint, "--max-length", "32", "--quiet")
    assert run(texts, *flags) == 0
    printed = capsys.readouterr()
    assert "3 records in 1 shard, 0 of them from an earlier run; 3 embedded now" in printed.out
    assert "1 texts were cut to 32 tokens" in printed.err
    assert "1 records hold no text" in printed.err
    assert run(texts, *flags, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_records"], found["n_done_before"], found["n_embedded"]) == (3, 1, 0)


def test_a_missing_file_is_one_line(tmp_path, capsys):
    assert run(tmp_path / "nowhere.csv", "--output", tmp_path / "out") == 1
    assert capsys.readouterr().err.endswith("nowhere.csv is neither a file nor a folder.\n")
