"""One file of embeddings: damage, foreign files, locks, size and modes."""

import errno
import os
import sqlite3
import stat

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.cache import sqlite_store
from qwen3_embed_integrations.cache.circuit_breaker import LONGEST_PAUSE_S
from qwen3_embed_integrations.cache.sqlite_store import EmbeddingStore

EMBEDDINGS = {bytes([i]) * 20: (np.full(64, i, dtype=np.float32), i) for i in range(1, 100)}
KEYS = list(EMBEDDINGS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "embeddings.sqlite"


class Clock:
    """A clock that a test sets; it also counts how often the store opens a connection."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def attempts(monkeypatch):
    """Paths of the connections that the store opens; a busy one fails at once."""
    seen = []
    monkeypatch.setattr(sqlite_store, "_BUSY_S", 0.0)
    connected = sqlite_store._connected

    def counted(path):
        seen.append(path.suffix)
        return connected(path)

    monkeypatch.setattr(sqlite_store, "_connected", counted)
    return seen


def filled(path, **options):
    store = EmbeddingStore(path, **options)
    store.put(EMBEDDINGS, 10**9)
    return store


def n_found(store):
    return len(store.get(KEYS, 64))


def test_what_was_put_is_got_to_the_bit(path):
    filled(path).close()
    store = EmbeddingStore(path)
    found = store.get([*KEYS, b"unknown"], 64)
    assert found.keys() == EMBEDDINGS.keys()
    assert all((found[key][0] == one).all() and found[key][1] == n for key, (one, n) in EMBEDDINGS.items())
    assert store.get(KEYS, 32) == {}
    store.close()


# Damage


def damaged_header(path):
    path.write_bytes(b"x" * 100 + path.read_bytes()[100:])


def damaged_pages(path):
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(byte ^ 0xA5 for byte in data[4096:]))


def truncated(path):
    path.write_bytes(path.read_bytes()[:40_000])


def emptied(path):
    path.write_bytes(b"")


def one_bit_of_an_embedding(path):
    with sqlite3.connect(path) as connection:
        ((key, embedding),) = connection.execute("SELECT key, embedding FROM embeddings LIMIT 1").fetchall()
        connection.execute(
            "UPDATE embeddings SET embedding = ? WHERE key = ?", (bytes([embedding[0] ^ 1]) + embedding[1:], key)
        )
    connection.close()


@pytest.mark.parametrize("damage", [damaged_header, damaged_pages, truncated, emptied, one_bit_of_an_embedding])
def test_a_damaged_file_is_begun_anew(path, damage, caplog):
    filled(path).close()
    damage(path)
    store = EmbeddingStore(path)
    assert n_found(store) == 0
    assert ("begun anew" in caplog.text) == (damage is not emptied)
    store.put(EMBEDDINGS, 10**9)
    assert n_found(store) == 99
    store.close()


def test_damage_under_an_open_connection_is_met_by_both_of_its_users(path, caplog):
    one, other = filled(path), EmbeddingStore(path)
    assert n_found(other) == 99
    one.close()
    other._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damaged_pages(path)
    assert n_found(one) == 0
    one.put(EMBEDDINGS, 10**9)
    assert n_found(other) == 99  # from the new file
    one.close()
    other.close()
    assert "begun anew" in caplog.text


def test_a_damaged_file_that_can_not_be_moved_aside_is_left_out(path, caplog, clock):
    filled(path).close()
    (path.parent / f"{path.name}.damaged").mkdir()
    (path.parent / f"{path.name}.damaged" / "file").write_text("")
    damaged_pages(path)
    store = EmbeddingStore(path, clock)
    assert [n_found(store) for _ in range(3)] == [0, 0, 0]
    assert caplog.text.count("left out") == 1
    assert caplog.text.count("begun anew") == 1


def test_the_table_of_version_0_1_0_gives_way(path):
    filled(path).close()
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE embeddings RENAME TO rows")
    connection.commit()
    connection.close()
    store = filled(path)
    assert n_found(store) == 99
    assert store._connection.execute("SELECT name FROM sqlite_master WHERE name = 'rows'").fetchall() == []
    store.close()


# Size


def test_the_size_is_bounded_and_the_newest_embeddings_are_kept(path):
    store = EmbeddingStore(path)
    keys = [i.to_bytes(20, "big") for i in range(3000)]
    for first in range(0, 3000, 100):
        store.put({key: (np.ones(256, dtype=np.float32), 1) for key in keys[first : first + 100]}, 1_000_000)
    kept = store.get(keys, 256)
    assert set(keys[-100:]) <= set(kept)
    assert 300 < len(kept) < 1000
    store.close()
    assert path.stat().st_size < 1_500_000


# Other people's files


def test_a_file_of_somebody_else_is_rejected_and_left_alone(tmp_path):
    notes, database = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    notes.write_text("my notes, of more than a few words")
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE people (name)")
    connection.close()
    for path, message in (
        (notes, "no cache of embeddings"),
        (database, "another program"),
        (tmp_path / "no/embeddings", "no folder"),
    ):
        before = path.read_bytes() if path.exists() else None
        with pytest.raises(ConfigError, match=message):
            EmbeddingStore(path)
        assert (path.read_bytes() if path.exists() else None) == before


# Modes and links


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".lock"])
def test_files_that_others_could_read_are_made_private(path, ending):
    filled(path).close()
    one = path.with_name(path.name + ending)
    one.touch()
    one.chmod(0o666)
    store = EmbeddingStore(path)
    assert n_found(store) == 99
    for other in path.parent.iterdir():
        assert stat.S_IMODE(other.stat().st_mode) == 0o600, other
    store.close()


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".lock"])
@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_a_link_or_a_pipe_in_place_of_a_file_is_rejected_and_not_followed(path, tmp_path, ending, kind):
    target = tmp_path / "target"
    target.write_bytes(b"")
    one = path.with_name(path.name + ending)
    one.symlink_to(target) if kind == "link" else os.mkfifo(one)
    with pytest.raises(ConfigError, match="symbolic link" if kind == "link" else "not a regular file"):
        EmbeddingStore(path)
    assert target.read_bytes() == b""


def test_a_link_put_in_place_of_the_open_file_is_rejected(path, tmp_path):
    store = filled(path)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="symbolic link"):
        store.get(KEYS, 64)
    store.close()


def test_a_folder_that_is_a_link_is_fine(path, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    store = filled(tmp_path / "link" / path.name)
    assert n_found(store) == 99
    store.close()


# Locks and a failing disk: the verdict is the number of attempts


def hold(path, mode="WAL"):
    """Return a connection that keeps everybody else from writing (WAL) or from doing anything (EXCLUSIVE)."""
    holder = sqlite3.connect(path, isolation_level=None)
    if mode == "EXCLUSIVE":
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def test_reading_goes_on_under_a_foreign_write_lock(path, clock, caplog):
    filled(path).close()
    holder = hold(path)
    store = EmbeddingStore(path, clock)
    for _ in range(5):
        store.put({b"new": (np.ones(64, dtype=np.float32), 1)}, 10**9)
        assert n_found(store) == 99
    assert caplog.text.count("left out") == 1
    holder.close()
    clock.now += 2
    store.put({b"new": (np.ones(64, dtype=np.float32), 1)}, 10**9)
    assert len(store.get([b"new"], 64)) == 1
    store.close()


@pytest.mark.parametrize("held", ["the file", "the lock"])
def test_a_held_lock_is_tried_a_few_times_and_not_at_each_call(path, clock, attempts, caplog, held):
    filled(path).close()
    holder = hold(path, "EXCLUSIVE") if held == "the file" else hold(path.with_name(path.name + ".lock"))
    attempts.clear()
    store = EmbeddingStore(path, clock)
    first = len(attempts)
    assert 0 < first <= 2
    for _ in range(1000):
        assert n_found(store) == 0
        store.put(EMBEDDINGS, 10**9)
    assert len(attempts) == first  # later calls don't wait
    for _ in range(1000):  # a thousand minutes with a call in each
        clock.now += 60
        n_found(store)
    assert len(attempts) <= first + 2 * 1000 * 60 / LONGEST_PAUSE_S + 20
    assert caplog.text.count("left out") == 1
    holder.close()
    clock.now += LONGEST_PAUSE_S
    assert n_found(store) == 99
    store.close()


def test_a_full_disk_stops_writing_and_not_reading(path, clock, caplog):
    store = filled(path, clock=clock)
    store._connection.execute("PRAGMA max_page_count = 1")  # as small as the file is now
    many = {i.to_bytes(20, "big"): (np.ones(4096, dtype=np.float32), 1) for i in range(500)}
    for _ in range(3):
        store.put(many, 10**9)
        assert n_found(store) == 99
    assert caplog.text.count("left out") == 1
    assert store._connection.execute("SELECT count(*) FROM embeddings").fetchone() == (99,)
    store.close()


def test_a_file_that_can_not_be_opened_is_left_out(path, clock, monkeypatch, caplog):
    def denied(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_store, "make_private", denied)
        store = EmbeddingStore(path, clock)
        assert n_found(store) == 0
    assert "Read-only file system" in caplog.text
    clock.now += 2
    store.put(EMBEDDINGS, 10**9)
    assert n_found(store) == 99
    store.close()
