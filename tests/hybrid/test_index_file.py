"""The file: private, shared by processes, replaced when damaged, and consistent after a kill at any moment."""

import logging
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from processes import in_a_fresh_process
from qwen3_embed_integrations import BM25IndexError, ConfigError
from qwen3_embed_integrations.hybrid import BM25Index, index_file
from qwen3_embed_integrations.hybrid.index_file import IndexFile

LETTERS = str.maketrans("0123456789", "abcdefghij")
WRITER = """
import sys
LETTERS = str.maketrans("0123456789", "abcdefghij")
from qwen3_embed_integrations.hybrid import BM25Index
index = BM25Index(sys.argv[1])
print("ready", flush=True)
for turn in range(10_000):
    batch = "batch" + str(turn).translate(LETTERS)  # a word of one part
    index.add([f"{turn}-{n}" for n in range(20)], [f"{batch} word{n} common" for n in range(20)])
    index.add(["changing"], [f"version{turn}"])
    index.delete([f"{turn - 3}-{n}" for n in range(20)])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bm25.sqlite3"


def check_integrity(path: Path) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.execute("INSERT INTO postings (postings, rank) VALUES ('integrity-check', 1)")
    connection.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_process_killed_at_any_moment_leaves_whole_batches(path: Path, seed: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)  # noqa: S603
    assert writer.stdout
    assert writer.stdout.readline() == b"ready\n"
    time.sleep(random.Random(seed).uniform(0.01, 0.3))
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    check_integrity(path)
    index = BM25Index(path)
    batches: dict[str, int] = {}
    for name in set(index.ids()) - {"changing"}:
        batches[name.partition("-")[0]] = batches.get(name.partition("-")[0], 0) + 1
    assert set(batches.values()) <= {20}
    for turn in batches:
        assert len(index.search("batch" + turn.translate(LETTERS), 100)) == 20
    assert index.add(["after"], ["life goes on"]) == 1
    assert [hit.id for hit in index.search("life")] == ["after"]


def test_the_file_and_its_companions_are_private(path: Path) -> None:
    old = os.umask(0)
    try:
        index = BM25Index(path)
        index.add(["a"], ["secret"])
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert set(modes) == {"bm25.sqlite3", "bm25.sqlite3-wal", "bm25.sqlite3-shm", "bm25.sqlite3.lock"}
    assert set(modes.values()) == {0o600}


def test_another_process_reads_what_this_one_wrote_while_it_is_open(path: Path) -> None:
    index = BM25Index(path)
    index.add(["a"], ["tower"])
    code = (
        "from qwen3_embed_integrations.hybrid import BM25Index\n"
        f"index = BM25Index({str(path)!r})\n"
        "index.add(['b'], ['tower bridge'])\n"
        "print(sorted(hit.id for hit in index.search('tower')))"
    )
    assert in_a_fresh_process(code) == "['a', 'b']"
    assert len(index) == 2


def test_writers_and_readers_of_several_threads_agree(path: Path) -> None:
    shared = BM25Index(path)

    def write(number: int) -> int:
        own = BM25Index(path)
        added = sum(own.add([f"{number}-{turn}"], ["common"]) + shared.add([f"s{number}-{turn}"], ["common"])
                    for turn in range(10))  # fmt: skip
        assert own.search("common")
        own.close()
        return added

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(4))) == 80
    assert len(shared) == len(shared.search("common", 100)) == 80


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_a_connection_of_its_own(path: Path) -> None:
    index = BM25Index(path)
    index.add(["a"], ["tower"])
    child = os.fork()
    if child == 0:
        os._exit(0 if index.add(["b"], ["child"]) == 1 and len(index) == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(index) == 2


def test_a_damaged_file_is_moved_aside_and_begun_anew(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    index = BM25Index(path)
    index.add(map(str, range(300)), [f"word{n} common" for n in range(300)])
    index.close()
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = os.urandom(len(damaged) - 4096)
    path.write_bytes(damaged)
    with caplog.at_level(logging.WARNING):
        assert index.search("common") == []
    assert "is damaged" in caplog.text
    assert path.with_name(path.name + ".damaged").read_bytes() == damaged
    assert index.add(["a"], ["common"]) == 1
    check_integrity(path)


def test_a_file_cut_to_a_few_bytes_is_begun_anew(path: Path) -> None:
    BM25Index(path).close()
    path.write_bytes(b"no database at all")
    assert len(BM25Index(path)) == 0


def test_another_programs_file_is_left_alone(path: Path) -> None:
    path.write_text("my diary")
    with pytest.raises(ConfigError, match="no BM25 index"):
        BM25Index(path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE diary (day TEXT)")
    other.commit()
    other.close()
    with pytest.raises(ConfigError, match="another program's database"):
        BM25Index(path)
    assert sqlite3.connect(path).execute("SELECT count(*) FROM diary").fetchone() == (0,)


def test_a_link_or_a_missing_folder_is_rejected(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match=r"path: .* symbolic link"):
        BM25Index(path)
    with pytest.raises(ConfigError, match="no folder"):
        BM25Index(tmp_path / "missing" / "bm25.sqlite3")


def test_an_index_of_another_tokenizer_version_is_emptied(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = BM25Index(path)
    index.add(["a"], ["tower"])
    index.close()
    assert len(BM25Index(path)) == 1
    monkeypatch.setattr(index_file, "TOKENIZER_VERSION", 99)
    newer = BM25Index(path)
    assert len(newer) == 0
    assert newer.add(["a"], ["tower"]) == 1


def test_an_exception_rolls_the_transaction_back(path: Path) -> None:
    file = IndexFile(path)

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO documents (id) VALUES ('a')")
        raise KeyError

    with pytest.raises(KeyError):
        file.run(fail, write=True)
    assert file.run(lambda connection: connection.execute("SELECT count(*) FROM documents").fetchone()) == (0,)


def test_a_locked_file_is_an_error_that_says_what_to_do(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_file, "_BUSY_S", 0.05)
    index = BM25Index(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BM25IndexError, match=r"locked.*Nothing of this batch was stored"):
        index.add(["a"], ["tower"])
    assert index.search("tower") == []
    other.execute("ROLLBACK")
    assert index.add(["a"], ["tower"]) == 1
    other.close()
