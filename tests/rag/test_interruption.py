"""A run that is interrupted or killed at any moment: the next one goes on, nothing is lost or doubled."""

import os
import signal
import subprocess
import sys
import time

import pytest

from qwen3_embed_integrations.rag.corpus import chunks_by_id
from qwen3_embed_integrations.rag.folder import folder_corpus

from .test_index import stored

N_FILES = 800


@pytest.fixture
def run(tmp_path, checkpoint):
    """Starts `qwen3-embed rag` on a folder of many files, in a process of its own."""
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


def wait_until_it_writes(path, process):
    """Waits for the first batch in Chroma's log."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        database = path / "chroma.sqlite3"
        if database.exists() and database.stat().st_size > 400_000:
            return
        time.sleep(0.01)
    pytest.fail(f"It never wrote: {process.communicate()}")


def assert_whole(path, docs):
    assert stored(path).keys() == chunks_by_id(folder_corpus(docs).documents).keys()


@pytest.mark.slow
def test_ctrl_c_ends_in_one_line_and_the_next_run_goes_on(run, tmp_path):
    process = run()
    wait_until_it_writes(tmp_path / "ix", process)
    process.send_signal(signal.SIGINT)
    _, notes = process.communicate(timeout=60)
    assert process.returncode == 130, notes
    assert notes.splitlines()[-1].startswith("qwen3-embed: Interrupted.")
    assert "Traceback" not in notes
    done = len(stored(tmp_path / "ix"))
    assert 0 < done < N_FILES
    out, notes = run().communicate(timeout=120)
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
    _, notes = run().communicate(timeout=120)
    assert "unchanged" in notes, notes
    assert_whole(tmp_path / "ix", tmp_path / "docs")
