import io
import json
import re
import sys

import pytest

from document_files import pdf_bomb
from qwen3_embed_integrations.core.errors import ConfigError, RagError
from qwen3_embed_integrations.rag.corpora import reader_process
from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders.registry import READERS as OWN_READERS
from qwen3_embed_integrations.rag.corpora.loaders.registry import TEXT
from qwen3_embed_integrations.rag.corpora.reader_process import ReaderProcess, serve


def answers(*requests):
    """Serve these requests in this process; return the answers."""
    out = io.BytesIO()
    serve(io.BytesIO(b"".join(json.dumps(request).encode() + b"\n" for request in requests)), out)
    first, *lines = out.getvalue().splitlines()
    assert first == b"ready"
    return [json.loads(line) for line in lines]


def test_one_process_reads_one_file_after_the_other_and_ends(tmp_path):
    (tmp_path / "a.txt").write_text("One.\n\nTwo.")
    with ReaderProcess(60.0) as process:
        first = process.read(tmp_path / "a.txt", "a.txt", TEXT)
        child = process._child
        assert process.read(tmp_path / "a.txt", "b", TEXT).source == "b"
        assert process._child is child
    assert first.blocks == (Block("One."), Block("Two."))
    assert child.returncode is not None


def test_a_process_that_was_ended_from_outside_is_started_again(tmp_path):
    (tmp_path / "a.txt").write_text("One.")
    with ReaderProcess(60.0) as process:
        process.read(tmp_path / "a.txt", "a", TEXT)
        process._child.kill()
        process._child.wait()
        with pytest.raises(UnreadableFileError, match="ended the process that read it"):
            process.read(tmp_path / "a.txt", "a", TEXT)
        assert process.read(tmp_path / "a.txt", "a", TEXT).blocks


def test_each_request_has_an_answer_whatever_happens(tmp_path):
    (tmp_path / "a.txt").write_text("One.")
    (tmp_path / "b.txt").write_bytes(b"\0")
    path = str(tmp_path / "a.txt")
    found = answers(
        [path, "a", TEXT], [str(tmp_path / "b.txt"), "b", TEXT], [str(tmp_path), "c", TEXT], [path, "d", "json:nothing"]
    )
    assert [list(answer) for answer in found] == [["title", "blocks"], ["unreadable"], ["unreadable"], ["config"]]


def test_a_reader_that_can_not_be_loaded_is_an_error_of_the_option(tmp_path):
    (tmp_path / "a.txt").write_text("One.")
    with ReaderProcess(60.0) as process, pytest.raises(ConfigError, match="can't be loaded"):
        process.read(tmp_path / "a.txt", "a", "json:nothing")


READERS = """
def memory(path):
    raise MemoryError

def gone(path):
    raise FileNotFoundError(2, "gone")

def odd(path):
    raise ZeroDivisionError("odd")

def slow(path):
    import time
    time.sleep(600)

def loud(path):
    print("between the answers")
    return "One."
"""


@pytest.fixture
def own_readers(tmp_path, monkeypatch):
    (tmp_path / "own_readers_of_a_test.py").write_text(READERS)
    (tmp_path / "a.txt").write_text("One.")
    monkeypatch.syspath_prepend(tmp_path)
    return "own_readers_of_a_test:"


def test_whatever_a_reader_raises_is_a_reason_to_leave_the_file_out(tmp_path, own_readers):
    path = str(tmp_path / "a.txt")
    found = answers(*([path, "a", own_readers + name] for name in ("memory", "gone", "odd")))
    assert [answer["unreadable"] for answer in found] == [
        "needs more than 2 GB of memory",
        "can't be opened (gone)",
        "can't be read (ZeroDivisionError: odd)",
    ]


def test_a_reader_that_prints_or_takes_too_long_spoils_no_other_file(tmp_path, own_readers):
    with ReaderProcess(60.0) as process:
        assert process.read(tmp_path / "a.txt", "a", own_readers + "loud").blocks == (Block("One."),)
        process._timeout_s = 0.01
        with pytest.raises(UnreadableFileError, match=r"takes longer than 0\.01 s to read"):
            process.read(tmp_path / "a.txt", "a", own_readers + "slow")
        assert process._child is None


def test_a_process_that_does_not_start_is_an_error_with_its_exit_code(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_process, "_CODE", "raise SystemExit(3)")
    with ReaderProcess(60.0) as process, pytest.raises(RagError, match="did not start"):
        process.read(tmp_path / "a.txt", "a", TEXT)


def test_a_process_without_a_pipe_is_an_error():
    with pytest.raises(RagError, match="no pipe"):
        reader_process._stream(None)


def read_after_bomb(folder, bomb, timeout_s):
    """Return why a PDF bomb is not read, by a process that reads the next file then."""
    (folder / "bomb.pdf").write_bytes(bomb)
    (folder / "a.txt").write_text("One.")
    with ReaderProcess(timeout_s) as process:
        with pytest.raises(UnreadableFileError) as refused:
            process.read(folder / "bomb.pdf", "bomb.pdf", OWN_READERS[".pdf"])
        assert process.read(folder / "a.txt", "a", TEXT).blocks == (Block("One."),)
    return str(refused.value)


def test_the_pdf_of_a_bomb_is_read_while_it_is_small(tmp_path):
    (tmp_path / "small.pdf").write_bytes(pdf_bomb(20, n_pages=2))
    with ReaderProcess(60.0) as process:
        blocks = process.read(tmp_path / "small.pdf", "small.pdf", OWN_READERS[".pdf"]).blocks
    assert [(block.text, block.page) for block in blocks] == [("a" * 20, 1), ("a" * 20, 2)]


@pytest.mark.skipif(sys.platform != "linux", reason="macOS and Windows do not limit the memory of a process")
def test_a_pdf_that_needs_too_much_memory_ends_its_reader_and_the_next_file_is_read(tmp_path):
    reason = read_after_bomb(tmp_path, pdf_bomb(3_000_000), timeout_s=60.0)
    assert re.fullmatch(
        r"ended the process that read it \(exit code -\d+\); perhaps it needs more than 2 GB of memory", reason
    )


def test_a_pdf_that_needs_too_much_time_is_ended_and_the_next_file_is_read(tmp_path):
    assert read_after_bomb(tmp_path, pdf_bomb(10_000, n_pages=4_000), 2.0) == "takes longer than 2 s to read"
