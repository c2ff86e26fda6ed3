"""Interrupt or kill a run at any moment: the next run continues, and no chunk is lost or stored twice."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
from rag_documents import chunks_of

from .test_index import stored

N_FILES = 1600


@pytest.fixture
def run(tmp_path, checkpoint):
    """Return a function that starts `qwen3-embed rag` on a folder of many files, in another process."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(N_FILES):
        (docs / f"{number}.txt").write_text(f"Note {number} tells of matter {number * 7}. " * 9)
    processes = []

    def start():
        command = [sys.executable, "-m", "qwen3_embed_integrations", "rag", "--docs", str(docs), "--ask", "matter 14"]
        process = subprocess.Popen(  # noqa: S603 - our own code
            [*command, "--model", str(checkpoint), "--index", str(tmp_path / "ix")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def n_written(path):
    """Count the committed embeddings in Chroma's database while another process writes them."""
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(f"file:{path / 'chroma.sqlite3'}?mode=ro", uri=True)) as database,
    ):
        return database.execute("select count(*) from embeddings").fetchone()[0]
    return 0  # there is no database yet, or it is locked


def wait_until_it_writes(path, process):
    """Wait until there are more embeddings than before, or the process has written all."""
    before = n_written(path)
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if n_written(path) > before or (ended and before == N_FILES):
            return
        if ended:
            break
        time.sleep(0.01)
    pytest.fail(f"It never wrote: {process.communicate()}")


def assert_whole(path, docs):
    assert stored(path).keys() == chunks_of(folder_corpus(docs).documents).keys()


@pytest.mark.slow
def test_ctrl_c_ends_in_one_line_and_the_next_run_goes_on(run, tmp_path):
    process = run()
    wait_until_it_writes(tmp_path / "ix", process)
    process.send_signal(signal.SIGINT)
    _, notes = process.communicate(timeout=900)
    assert process.returncode == 130, notes
    assert notes.splitlines()[-1].startswith("qwen3-embed: Interrupted.")
    assert "Traceback" not in notes
    done = len(stored(tmp_path / "ix"))
    assert 0 < done < N_FILES
    out, notes = run().communicate(timeout=900)
    assert f"{done:,} unchanged" in notes
    assert "Answer (extractive)" in out
    assert_whole(tmp_path / "ix", tmp_path / "docs")


@pytest.mark.slow
def test_a_killed_run_loses_and_doubles_nothing(run, tmp_path):
    for pause in (0.0, 0.05, 0.3):
        process = run()
        wait_until_it_writes(tmp_path / "ix", process)
        time.sleep(pause)
        process.kill()
        process.communicate()
    _, notes = run().communicate(timeout=900)
    assert " unchanged" in notes, notes
    assert_whole(tmp_path / "ix", tmp_path / "docs")
