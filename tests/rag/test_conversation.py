import io
import os
import pty
import subprocess
import sys

import pytest
from rich.console import Console

from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag.conversation import converse


@pytest.fixture
def talk(monkeypatch):
    """Return a function that types these lines and returns the questions asked and the notes printed."""

    def run(*lines, error=None):
        asked, notes, rest = [], Console(file=io.StringIO(), width=80), iter(lines)

        def read(_):
            line = next(rest, EOFError)
            if isinstance(line, type):
                raise line
            return line

        def ask(question):
            asked.append(question)
            if error:
                raise error

        monkeypatch.setattr("builtins.input", read)
        converse(ask, notes)
        return asked, notes.file.getvalue()

    return run


@pytest.mark.parametrize("end", ["", "  ", EOFError, KeyboardInterrupt])
def test_an_empty_line_the_end_of_input_and_ctrl_c_end_it_without_a_word(talk, end):
    assert talk(" first ", "second", end, "never") == (["first", "second"], "")


def test_an_error_ends_one_question_only(talk):
    asked, notes = talk("one", "two", error=RagError("[red]no[/] :smile: passage\x1b[2J"))
    assert asked == ["one", "two"]
    assert notes.splitlines() == [r"[red]no[/] :smile: passage\x1b[2J"] * 2


def test_ctrl_c_during_an_answer_ends_one_question_only(talk):
    asked, notes = talk("one", "two", error=KeyboardInterrupt())
    assert (asked, notes.count("this question has no answer")) == (["one", "two"], 2)


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
def test_a_terminal_edits_lines_and_recalls_them():
    code = (
        "from rich.console import Console; from qwen3_embed_integrations.rag.conversation import converse;"
        "print('start'); converse(lambda question: print('asked', question), Console())"
    )
    leader, follower = pty.openpty()
    child = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(follower)
    out = b""
    for wanted, typed in ((b"end): ", b"frist\x7f\x7f\x7f\x7first\r"), (b"end): ", b"\x1b[A\r"), (b"end): ", b"\r")):
        start = len(out)
        while wanted not in out[start:]:
            out += os.read(leader, 1024)
        os.write(leader, typed)
    assert child.wait(600) == 0
    os.close(leader)
    assert out.count(b"asked first") == 2
