"""The manifest: what it refuses."""

import json

import pytest

from exported_models import changed_manifest, copied, exported
from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.checkpoints import export_manifest
from qwen3_embed_integrations.checkpoints.export_manifest import (
    GRAPH_FILE,
    MANIFEST_FILE,
    check_files,
    file_digest,
    read_manifest,
)

DATA = "model.onnx.data"


@pytest.fixture(scope="module")
def whole(checkpoint, tmp_path_factory):
    return exported(checkpoint, tmp_path_factory.mktemp("exported") / "model")


@pytest.fixture
def folder(whole, tmp_path):
    return copied(whole, tmp_path)


def check(folder):
    check_files(folder, read_manifest(folder))


def test_what_was_written_is_read_and_fits(folder):
    check(folder)
    assert read_manifest(folder) == changed_manifest(folder)


def test_a_truncated_data_file_is_refused(folder):
    data = (folder / DATA).read_bytes()
    (folder / DATA).write_bytes(data[:-1000])
    with pytest.raises(CheckpointError, match=f"is truncated: it has {len(data) - 1000} bytes of {len(data)}"):
        check(folder)


@pytest.mark.parametrize("name", [GRAPH_FILE, DATA])
def test_a_changed_file_is_refused(name, folder):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(CheckpointError, match=f"{name} is not the file that was exported: its digest is not the one"):
        check(folder)


def test_a_missing_file_is_refused(folder):
    (folder / DATA).unlink()
    with pytest.raises(CheckpointError, match=f"lacks {DATA}, which {MANIFEST_FILE} names"):
        check(folder)


def test_a_large_file_is_sampled_at_its_whole_length(tmp_path, monkeypatch):
    monkeypatch.setattr(export_manifest, "_WHOLE_BYTES", 1 << 20)
    path = tmp_path / "data"
    numbers = bytearray(5 << 20)
    path.write_bytes(numbers)
    before = file_digest(path)
    for at, is_noticed in ((0, True), (3 << 20, True), (len(numbers) - 1, True), (500_000, False)):
        numbers[at] ^= 1
        path.write_bytes(numbers)
        assert (file_digest(path) != before) is is_noticed
        numbers[at] ^= 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 9}, "has version 9, expected 1"),
        ({"opset": 17}, "says opset 17, this version runs opset 23"),
        ({"hidden_size": "wide"}, "is damaged at 'hidden_size'"),
        ({"files": {"../model.onnx": {"n_bytes": 1, "sha256": "0"}}}, "names no model.onnx, or a file outside"),
    ],
)
def test_a_damaged_manifest_is_refused(change, message, folder):
    stored = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    (folder / MANIFEST_FILE).write_text(json.dumps({**stored, **change}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=message):
        read_manifest(folder)
