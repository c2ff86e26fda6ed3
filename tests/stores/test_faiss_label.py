"""The side file counts for the index file that it was written for."""

from __future__ import annotations

from pathlib import Path

import pytest

from qwen3_embed_integrations.stores.faiss_label import file_digest, label_path, read_label, write_label


@pytest.fixture
def index_file(tmp_path: Path) -> Path:
    path = tmp_path / "index.faiss"
    path.write_bytes(bytes(300_000))
    return path


def test_a_label_is_read_until_the_index_changes(index_file: Path) -> None:
    assert read_label(index_file) is None
    write_label(index_file, {"dimension": 64})
    assert read_label(index_file) == {"dimension": 64}
    assert [path.name for path in sorted(index_file.parent.iterdir())] == [
        "index.faiss",
        "index.qwen3_embed_space.json",
    ]
    index_file.write_bytes(bytes(299_999) + b"\1")
    assert read_label(index_file) is None


@pytest.mark.parametrize("content", ["", "[]", '{"index_digest": "0"}', "{"])
def test_a_broken_label_is_none(index_file: Path, content: str) -> None:
    label_path(index_file).write_text(content, encoding="utf-8")
    assert read_label(index_file) is None


def test_the_digest_sees_both_ends_and_the_size(index_file: Path) -> None:
    seen = {file_digest(index_file)}
    for content in (b"\1" + bytes(299_999), bytes(299_999) + b"\1", bytes(300_001)):
        index_file.write_bytes(content)
        seen.add(file_digest(index_file))
    assert len(seen) == 4
