import json
import os
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.checkpoints.safetensors_index import n_parameters, tensor_shapes, weights_digest

WEIGHTS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(4, dtype=np.float16)}


@pytest.fixture
def folder(tmp_path):
    save_file(WEIGHTS, tmp_path / "model.safetensors", metadata={"format": "pt"})
    return tmp_path


def write_header(path, header, data=b""):
    raw = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + data)


def test_shapes_and_counts_come_from_the_headers(folder):
    assert tensor_shapes(folder) == {"a": [2, 3], "b": [4]}
    assert n_parameters(folder) == 10


def test_a_checkpoint_s_shapes_are_those_of_its_weights(checkpoint):
    weights = load_file(checkpoint / "model.safetensors")
    assert tensor_shapes(checkpoint) == {name: list(weight.shape) for name, weight in weights.items()}


def test_the_digest_ignores_the_file_and_the_metadata(folder):
    before = weights_digest(folder)
    (folder / "model.safetensors").unlink()
    save_file({"b": WEIGHTS["b"]}, folder / "model-1.safetensors")
    save_file({"a": WEIGHTS["a"]}, folder / "model-2.safetensors", metadata={"other": "x"})
    assert weights_digest(folder) == before


@pytest.mark.parametrize(
    "changed",
    [
        {"a": WEIGHTS["a"] + 1},
        {"a": WEIGHTS["a"].reshape(3, 2)},
        {"a": WEIGHTS["a"].astype(np.float64)},
        {"c": WEIGHTS["a"]},
    ],
)
def test_the_digest_follows_value_shape_dtype_and_name(folder, changed):
    before = weights_digest(folder)
    save_file({**WEIGHTS, **changed}, folder / "model.safetensors")
    assert weights_digest(folder) != before


def test_a_folder_without_weights_is_rejected_and_pickles_are_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"no \*\.safetensors"):
        weights_digest(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"pickled weights \(pytorch_model\.bin\)"):
        tensor_shapes(tmp_path)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"dtype": "F32", "shape": [1]},
        {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]},
        {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]},
        {"dtype": "F32", "shape": [1], "data_offsets": [0, True]},
    ],
)
def test_a_damaged_entry_is_rejected_by_name(folder, entry):
    write_header(folder / "model.safetensors", {"a": entry}, b"1234")
    with pytest.raises(CheckpointError, match="damaged header at 'a'"):
        weights_digest(folder)


def test_a_truncated_file_is_rejected_with_both_sizes(folder):
    path = folder / "model.safetensors"
    size = path.stat().st_size
    os.truncate(path, size - 1)
    with pytest.raises(CheckpointError, match=f"ends at byte {size}, the file has {size - 1}"):
        weights_digest(folder)


def test_weights_for_another_engine_are_named_with_it(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(CheckpointError, match=r"To load its GGUF file, name it: model='.*\.gguf'"):
        weights_digest(tmp_path)
    (tmp_path / "model.gguf").rename(tmp_path / "model.onnx")
    with pytest.raises(CheckpointError, match="weights for ONNX Runtime"):
        weights_digest(tmp_path)


def test_a_tensor_of_two_files_is_rejected_with_both(folder):
    save_file({"a": WEIGHTS["a"]}, folder / "z.safetensors")
    with pytest.raises(CheckpointError, match=r"'a' is stored both in .*model\.safetensors and in z\.safetensors"):
        weights_digest(folder)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({"weight_map": {"a": "model.safetensors", "c": "model-2.safetensors"}}, r"lacks 'model-2\.safetensors'"),
        ({"weight_map": ["a"]}, "has no weight_map"),
        ({}, "has no weight_map"),
    ],
    ids=["missing shard", "list", "nothing"],
)
def test_an_index_of_shards_must_name_files_that_are_there(folder, index, message):
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=message):
        weights_digest(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a complete safetensors file"),
        (struct.pack("<Q", 2**62), r"would have \d+ bytes"),
        (struct.pack("<Q", 2) + b"[]", "has a damaged header"),
        (struct.pack("<Q", 4) + b"{", "not a complete safetensors file"),
    ],
    ids=["empty", "endless", "list", "short"],
)
def test_a_header_that_is_none_is_rejected(folder, content, message):
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        weights_digest(folder)


def test_a_folder_in_place_of_the_weights_is_rejected(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    with pytest.raises(CheckpointError, match="can't be read"):
        weights_digest(folder)
