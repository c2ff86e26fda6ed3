import pytest

from document_files import zipped
from qwen3_embed_integrations.rag.corpora import limits
from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError


def test_a_file_over_the_size_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(limits.MAX_FILE_BYTES + 1)
    with pytest.raises(UnreadableFileError, match=r"has 100 MB; at most 100 MB are read"):
        limits.check_size(tmp_path / "big.txt")


def test_the_sum_of_all_entries_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_INFLATED_BYTES", 3_000)
    (tmp_path / "a.zip").write_bytes(zipped({f"{n}": bytes(range(250)) * 5 for n in range(3)}))
    with pytest.raises(UnreadableFileError, match=r"inflates to more than 0 MB \(2\)"):
        limits.check_zip(tmp_path / "a.zip")


def test_a_usual_archive_passes(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped({"a": "text " * 1000}))
    limits.check_zip(tmp_path / "a.zip")


def test_an_encrypted_archive_is_named(tmp_path):
    data = bytearray(zipped({"a": "text"}))
    data[6] |= 1  # the flag of encryption, in the entry and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(UnreadableFileError, match="protected by a password"):
        limits.check_zip(tmp_path / "a.zip")
