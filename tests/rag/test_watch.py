import io
import threading

import pytest
from rich.console import Console

from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag.watch import follow, require_watch


class Syncs:
    """Counts syncs; each waits for the next."""

    def __init__(self):
        self.events = [threading.Event() for _ in range(9)]
        self.count = 0

    def __call__(self):
        self.count += 1
        self.events[self.count - 1].set()
        if self.count == 1:
            raise RagError("Half a file.")

    def wait(self, number):
        assert self.events[number - 1].wait(60), f"sync {number} never came"


@pytest.fixture
def watched():
    """Return a function that follows a path in a thread until the test ends."""
    stop, threads = threading.Event(), []

    def start(path):
        syncs, notes = Syncs(), Console(file=io.StringIO(), width=200)
        threads.append(threading.Thread(target=follow, args=(path, syncs, notes, stop)))
        threads[-1].start()
        return syncs, notes

    yield start
    stop.set()
    for thread in threads:
        thread.join(60)


def test_a_folder_is_synced_at_the_start_and_after_each_change_and_an_error_ends_nothing(tmp_path, watched):
    syncs, notes = watched(tmp_path)
    syncs.wait(1)
    (tmp_path / "a.txt").write_text("x")
    syncs.wait(2)
    assert "Half a file." in notes.file.getvalue()


def test_hidden_files_are_no_change(tmp_path, watched):
    syncs, _ = watched(tmp_path)
    syncs.wait(1)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_text("x")
    (tmp_path / "b.txt").write_text("x")
    syncs.wait(2)
    assert syncs.count == 2


def test_one_file_is_followed_when_another_takes_its_place(tmp_path, watched):
    (tmp_path / "a.txt").write_text("x")
    syncs, _ = watched(tmp_path / "a.txt")
    syncs.wait(1)
    (tmp_path / "other.txt").write_text("y")
    (tmp_path / "new").write_text("y")
    (tmp_path / "new").rename(tmp_path / "a.txt")
    syncs.wait(2)


def test_watchfiles_is_there():
    require_watch()
