import threading
from concurrent.futures import Future

import numpy as np
import pytest

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.cache import open_caches
from qwen3_embed_integrations.cache.open_caches import MAX_OPEN, cache_file


@pytest.fixture(autouse=True)
def _only_our_own(monkeypatch):
    """Start without open files, and close those of the test."""
    monkeypatch.setattr(open_caches, "_open", type(open_caches._open)())
    yield
    for file in open_caches._open.values():
        file.close()


def use(path):
    """Open the file at `path` for one call, wait until it is open, and end the call."""
    call, opened = Future(), threading.Event()
    file = cache_file(path, call)
    file.run(lambda: (file.store, opened.set()))
    opened.wait()
    call.set_result(None)
    return file


def evicted(file):
    """Wait until an evicted file is closed."""
    while file in open_caches._evicted:
        threading.Event().wait(0.01)
    is_closed = file._store is None or file._store._connection is None
    return file.is_closing and is_closed and file._worker._thread is None


def test_one_path_has_one_file(tmp_path):
    assert use(tmp_path / "a") is use(tmp_path / "a")
    assert use(tmp_path / "a") is not use(tmp_path / "b")


def test_the_least_recently_used_files_are_closed(tmp_path):
    files = [use(tmp_path / str(i)) for i in range(MAX_OPEN)]
    use(tmp_path / "0")
    more = [use(tmp_path / f"more {i}") for i in range(3)]
    assert len(open_caches._open) == MAX_OPEN
    assert [evicted(file) for file in files[1:4]] == [True] * 3
    assert not any(file.is_closing for file in (files[0], *files[4:], *more))


def test_a_file_with_a_call_in_progress_stays_open(tmp_path):
    call = Future()
    busy = cache_file(tmp_path / "busy", call)
    for i in range(3 * MAX_OPEN):
        use(tmp_path / str(i))
    assert not busy.is_closing
    assert len(open_caches._open) == MAX_OPEN
    call.set_result(None)
    for i in range(MAX_OPEN):
        use(tmp_path / str(i))
    assert evicted(busy)


def test_many_paths_leave_few_threads_and_every_embedding_right(checkpoint, tmp_path):
    before = set(threading.enumerate())
    plain = Qwen3Encoder(model=str(checkpoint)).encode_document(["a", "b"])
    for i in range(3 * MAX_OPEN):
        encoder = Qwen3Encoder(model=str(checkpoint), cache_path=str(tmp_path / f"{i % 20}.sqlite"))
        np.testing.assert_allclose(encoder.encode_document(["a", "b"]), plain, atol=1e-6)
    while open_caches._evicted:
        threading.Event().wait(0.01)
    started = set(threading.enumerate()) - before
    assert len([thread for thread in started if thread.name == "qwen3-embed-cache"]) == MAX_OPEN
    assert len(open_caches._open) == MAX_OPEN


def test_a_file_that_is_being_closed_runs_nothing_more(tmp_path):
    file = open_caches.CacheFile(tmp_path / "a")
    file.close()
    ran = []
    file.run(lambda: ran.append(1))
    assert (ran, file._store, file.is_closing) == ([], None, True)


def test_the_exit_closes_open_and_evicted_files(tmp_path, monkeypatch):
    kept, gone = use(tmp_path / "kept"), open_caches.CacheFile(tmp_path / "gone")
    monkeypatch.setattr(open_caches, "_evicted", {gone})
    open_caches._close_all()
    assert (kept.is_closing, gone.is_closing) == (True, True)


def test_a_forked_child_forgets_the_files_of_its_parent(tmp_path, monkeypatch):
    for name, value in {"_evicted": set(), "_lock": threading.Lock(), "_left_behind": []}.items():
        monkeypatch.setattr(open_caches, name, value)
    parents = use(tmp_path / "a")
    with open_caches._lock:  # held at the fork, by a thread that the child lacks
        open_caches._after_fork()
    own = use(tmp_path / "a")
    assert own is not parents
    assert not parents.is_closing
    parents.close()
