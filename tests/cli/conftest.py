"""Fixtures: the command in this process, training records, and a running server over the small checkpoint."""

import json

import pytest

from qwen3_embed_integrations.cli.app import main
from remote_fixtures import local, remote, server
from training_examples import records_of

__all__ = ["local", "remote", "server"]


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs the command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return run


@pytest.fixture
def records(tmp_path):
    """A file of 40 pairs."""
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records_of(40)))
    return path


@pytest.fixture
def assert_refused():
    """One line on standard error that holds the parts, the exit code, no traceback."""

    def check(result, *parts, code=1):
        assert result[0] == code
        last = result[2].strip().splitlines()[-1]
        assert last.startswith("qwen3-embed: ")
        assert "Traceback" not in result[2]
        for part in parts:
            assert part in last

    return check


def cells_of(out):
    """Returns the words of each line of a table."""
    return [line.split() for line in out.splitlines() if line.strip()]


@pytest.fixture
def cells():
    return cells_of
