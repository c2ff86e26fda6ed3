"""The fuzzer itself: it finds no fault in some cases, and reports a planted fault and a hang."""

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from qwen3_embed_integrations import Qwen3EmbedError

ROOT = Path(__file__).resolve().parents[2]


def fuzz(*arguments):
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "tools.fuzz", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def test_thirty_random_cases_end_as_they_should():
    done = fuzz("--cases", "30", "--seed", "7000")
    assert (done.returncode, done.stdout) == (0, "Last: seed 7029.\n"), done.stderr


def test_a_hang_is_told_and_ends_with_1():
    done = fuzz("--hang-s", "0.1")
    assert (done.returncode, done.stdout) == (1, "A hang: the start took longer than 0.1 s.\n"), done.stderr


def test_a_fault_is_told_with_its_seed_and_its_input(monkeypatch, capsys):
    monkeypatch.syspath_prepend(ROOT)
    cases, runner = importlib.import_module("tools.fuzz.cases"), importlib.import_module("tools.fuzz.__main__")
    monkeypatch.setattr(cases, "check", lambda *_: 1 / 0)
    monkeypatch.setattr(cases.Cases, "run", lambda self, data: self.texts(cases.RandomValues(data)))
    assert runner.work(argparse.Namespace(minutes=1, seed=3, cases=1, kind="", write=None)) == 1
    told = capsys.readouterr()
    assert told.out == "seed 3\n"
    assert "ZeroDivisionError" in told.err
    assert "'texts': [" in told.err
    assert "python -m tools.fuzz --seed 3 --cases 1" in told.err


def test_bytes_alone_decide_a_case(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    values = importlib.import_module("tools.fuzz.random_values").RandomValues
    data = importlib.import_module("tools.fuzz.__main__").data_of(5)
    assert values(data).texts() == values(data).texts()
    assert values(b"").texts() == []
    assert values(b"").damaged(b"abc") != b"abc"


@pytest.mark.parametrize("content", [b"", b"a", b"abc" * 100])
def test_damage_ends_for_any_content(monkeypatch, content):
    monkeypatch.syspath_prepend(ROOT)
    values = importlib.import_module("tools.fuzz.random_values").RandomValues
    for seed in range(50):
        values(importlib.import_module("tools.fuzz.__main__").data_of(seed)).damaged(content)


class UnescapedError(Qwen3EmbedError):
    """An error whose message is as it was given."""

    def __init__(self, told):
        super().__init__()
        self.told = told

    def __str__(self):
        return self.told


@pytest.mark.parametrize("told", ["key sk-fuzz-0123", "\x1b[2J", "\u202e"])
def test_an_error_that_shows_a_key_or_a_terminal_command_is_a_fault(monkeypatch, told):
    monkeypatch.syspath_prepend(ROOT)
    check_shown = importlib.import_module("tools.fuzz.remote_cases")._check_shown
    check_shown(Qwen3EmbedError("HTTP 500 (busy)"))
    with pytest.raises(AssertionError, match="an error"):
        check_shown(UnescapedError(told))
    error = Qwen3EmbedError("HTTP 500")
    error.__context__ = ValueError("sk-fuzz-0123")
    with pytest.raises(AssertionError, match="shows the key"):
        check_shown(error)
