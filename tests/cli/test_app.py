"""The command: what it prints, and one line with a remedy for every bad input."""

import os
import subprocess
import sys
import warnings

import pytest

from qwen3_embed_integrations import TruncationWarning, __version__
from qwen3_embed_integrations.cli.app import main


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "billing.md").write_text("# Billing\n\nInvoices are sent on the first day of each month.\n")
    (folder / "hours.txt").write_text("The shop is open from Monday to Friday.\n")
    return folder


@pytest.fixture
def rag(run, docs, checkpoint):
    """Runs `qwen3-embed rag` on two documents; later options override earlier ones."""
    return lambda *arguments: run("rag", "--docs", docs, "--model", checkpoint, *arguments)


def test_the_version_is_told(run):
    assert run("--version") == (0, f"qwen3-embed {__version__}\n", "")


def test_help_loads_no_framework():
    code = (
        "import sys; from qwen3_embed_integrations.cli import main\n"
        "try: main(['rag', '--help'])\n"
        "except SystemExit: print([m for m in ('torch', 'chromadb', 'langchain_core') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout.splitlines()[-1] == "[]"


def test_questions_are_answered_in_order_with_table_and_sources(rag):
    code, out, notes = rag("--ask", "When are invoices sent?", "--ask", "When is the shop open?", "--show-prompt")
    assert code == 0, notes
    assert out.index("When are invoices sent?") < out.index("When is the shop open?")
    assert out.count("Answer (extractive)") == 2
    assert "billing.md" in out
    assert "Question: When is the shop open?" in out
    assert "2 documents, 2 chunks (2 embedded" in notes


def test_a_second_run_embeds_nothing(rag):
    rag("--ask", "x")
    assert "(2 unchanged)" in rag("--ask", "x")[2]


def test_a_terminal_is_asked_for_questions_until_an_empty_line(rag, monkeypatch):
    lines = iter(["When are invoices sent?", "  x  ", ""])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: next(lines))
    code, out, notes = rag("--min-score", "-1")
    assert code == 0, notes
    assert out.count("Answer (extractive)") == 2


def test_in_a_conversation_an_error_ends_one_question_only(rag, monkeypatch):
    lines = iter(["first", "second"])

    def ask(_):
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ask)
    code, _, notes = rag("--min-score", "1")
    assert code == 0
    assert notes.count("No passage scores") == 2


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((), ("no question", "--ask")),
        (("--ask", "  "), ("question is empty",)),
        (("--ask", "x", "--docs", "/no/such/place"), ("does not exist", "--docs")),
        (("--ask", "x", "--dimension", "9"), ("--dimension 9", "32")),
        (("--ask", "x", "--dimension", "999"), ("dimension=999 is out of range", "32 to 64")),
        (("--ask", "x", "--task", "cod"), ("Unknown task", "Did you mean 'code'?")),
        (("--ask", "x", "--model", "tony"), ("Did you mean 'tiny'?",)),
        (("--ask", "x", "--top-k", "0"), ("--top-k 0: ", "greater than or equal to 1")),
        (("--ask", "x", "--docs", ""), ("--docs", "path is empty", "current folder")),
        (("--ask", "x", "--index", ""), ("--index", "path is empty", "current folder")),
        (("--ask", "x", "--min-score", "1"), ("No passage scores 1.0", "Lower --min-score")),
        (("--ask", "x", "--llm-url", "http://localhost:9/v1"), ("--llm-model",)),
        (("--ask", "x", "--llm", "a", "--llm-model", "b"), ("not both",)),
        (("--ask", "x", "--llm", "/no/such/model"), ("can't be loaded", "--llm")),
        (("--ask", "x", "--llm-model", "m", "--llm-url", "http://127.0.0.1:9/v1"), ("gave no answer", "--llm-url")),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(rag, arguments, parts, assert_refused):
    assert_refused(rag(*arguments), *parts)


def test_an_empty_question_is_refused_before_anything_is_written(rag, tmp_path, assert_refused):
    assert_refused(rag("--ask", "x", "--ask", " "), "question is empty")
    assert not (tmp_path / "cache").exists()


def test_a_place_that_cannot_be_written_is_refused_with_another_place_as_remedy(rag, assert_refused):
    result = rag("--ask", "x", "--index", "/proc/index")
    assert_refused(result, "/proc/index", "Choose another folder with --index.")
    assert "delete" not in result[2]
    assert "MB left" not in result[2]


def test_the_command_alone_shows_its_help_and_no_error(run):
    code, out, notes = run()
    assert code == 2
    assert "Usage: qwen3-embed" in out
    assert notes == ""


def test_a_terminal_without_unicode_gets_question_marks(docs, checkpoint, tmp_path):
    command = [sys.executable, "-m", "qwen3_embed_integrations", "rag", "--docs", str(docs), "--model", str(checkpoint)]
    done = subprocess.run(  # noqa: S603 - our own module
        [*command, "--ask", "Où est l\u2019été?", "--min-score", "-1"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"O? est l??t??" in done.stdout


def test_a_corrupt_or_foreign_checkpoint_is_refused_and_nothing_is_written(
    rag, own_checkpoint, tmp_path, assert_refused
):
    weights = own_checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert_refused(rag("--ask", "x", "--model", own_checkpoint), "model.safetensors")
    config = own_checkpoint / "config.json"
    config.write_text(config.read_text().replace("qwen3", "bert").replace("Qwen3Model", "BertModel"))
    assert_refused(rag("--ask", "x", "--model", own_checkpoint), "bert")
    assert not (tmp_path / "cache").exists()


def test_an_index_of_another_space_is_refused(rag, assert_refused):
    rag("--ask", "x")
    assert_refused(rag("--ask", "x", "--dimension", "32"), "dimension: stored 64, now 32", "--reindex")
    assert rag("--ask", "x", "--dimension", "32", "--reindex")[0] == 0


def test_a_file_is_no_index(rag, docs, assert_refused):
    assert_refused(rag("--ask", "x", "--index", docs / "billing.md"), "is a file", "--index")


def test_left_out_files_are_named(rag, docs, assert_refused):
    (docs / "data.txt").write_bytes(b"\0\1")
    assert_refused(rag("--ask", "x"), "data.txt is binary data", "--skip-unreadable")
    code, _, notes = rag("--ask", "x", "--skip-unreadable")
    assert code == 0
    assert "Left out: data.txt is binary data" in notes


def test_debug_shows_the_traceback():
    with pytest.raises(FileNotFoundError, match="No folder and no known model"):
        main(["rag", "--ask", "x", "--model", "tony", "--debug"])


def test_an_unexpected_error_is_one_line_too(rag, monkeypatch, assert_refused):
    def fail(*_):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("qwen3_embed_integrations.cli.app.run_rag", fail)
    assert_refused(rag(), "ZeroDivisionError: by nought", "--debug")


def test_ctrl_c_is_one_line(rag, monkeypatch, assert_refused):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("qwen3_embed_integrations.cli.app.run_rag", interrupt)
    assert_refused(rag("--ask", "x"), "Interrupted", "to continue", code=130)


def test_our_warnings_are_one_line_and_frameworks_warnings_are_silent(rag, monkeypatch):
    def warn(*_):
        warnings.warn("2 texts were cut", TruncationWarning, stacklevel=1)
        warnings.warn("old API", DeprecationWarning, stacklevel=1)

    monkeypatch.setattr("qwen3_embed_integrations.cli.app.run_rag", warn)
    assert rag() == (0, "", "qwen3-embed: 2 texts were cut\n")


def test_a_missing_extra_is_named_with_its_command(rag, monkeypatch, assert_refused):
    monkeypatch.setattr("qwen3_embed_integrations.rag.find_spec", lambda name: None if name == "pypdfium2" else name)
    assert_refused(rag("--ask", "x"), "'pypdfium2' is not installed", 'pip install "qwen3-embed-integrations[rag]"')


def test_a_revision_of_what_has_none_is_refused(rag, assert_refused):
    bundled = rag("--ask", "x", "--revision", "main", "--model", "tiny")
    assert_refused(bundled, "revision='main'", "is bundled", "Omit it")
    assert_refused(rag("--ask", "x", "--revision", "main"), "is a folder", "Omit it")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_is_installed_and_knows_commands_and_flags(run, tmp_path, shell):
    target = tmp_path / "completion"
    code, _, notes = run("--install-completion", "--shell", shell, "--output", target)
    assert (code, notes) == (0, "")
    script = target.read_text()
    for word in ("similarity", "doctor", "top-k", "base-url", "json"):
        assert word in script
    assert "--token " not in script
