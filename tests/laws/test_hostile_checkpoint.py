"""A damaged or malicious checkpoint loads correctly or is rejected with an error of this package, and runs no code."""

import gc
import json
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from checkpoints import TINY
from qwen3_embed_integrations import CheckpointError, EncoderConfig, Qwen3EmbedError, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint

JSON_FILES = [
    "config.json",
    "modules.json",
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
]
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
pytestmark = pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
often = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _without_garbage_collection():
    """Each load would walk the whole heap: with hypothesis and transformers imported, most of these tests' time."""
    gc.disable()
    yield
    gc.enable()


def opened(folder):
    """Open, load and encode; errors of this package pass, others propagate."""
    try:
        open_checkpoint(EncoderConfig(model=str(folder)))
        Qwen3Encoder(model=str(folder)).encode_document(["a"])
    except Qwen3EmbedError:
        return
    finally:
        Qwen3Encoder(model=str(folder)).unload()


@pytest.mark.parametrize("name", JSON_FILES)
@often
@given(data=st.data())
def test_any_value_at_any_key_is_read_or_refused(own_checkpoint, name, data):
    path = own_checkpoint / name
    original = path.read_text()
    try:
        value = json.loads(original)
        if isinstance(value, list):
            value[data.draw(st.integers(0, len(value) - 1))] = data.draw(junk)
        else:
            value[data.draw(st.sampled_from(sorted(value)))] = data.draw(junk)
        path.write_text(json.dumps(data.draw(st.sampled_from([value, value, data.draw(junk)]))))
        opened(own_checkpoint)
    finally:
        path.write_text(original)


@pytest.mark.parametrize("name", sorted(json.loads((TINY / "config.json").read_text())))
@pytest.mark.parametrize("change", ["null", "gone"])
def test_a_value_that_is_null_or_missing_is_read_or_refused(own_checkpoint, name, change):
    path = own_checkpoint / "config.json"
    value = json.loads(path.read_text())
    if change == "null":
        value[name] = None
    else:
        value.pop(name, None)
    path.write_text(json.dumps(value))
    opened(own_checkpoint)


def header_of(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def write_header(path, header, rest):
    raw = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + rest)


@often
@given(data=st.data())
def test_any_header_of_weights_is_read_or_refused(own_checkpoint, data):
    path = own_checkpoint / "model.safetensors"
    original = path.read_bytes()
    try:
        header, rest = header_of(path)
        name = data.draw(st.sampled_from(sorted(header)))
        entry = header[name]
        if data.draw(st.booleans()) or not isinstance(entry, dict):
            header[name] = data.draw(junk)
        else:
            offsets = st.lists(st.integers(-(2**65), 2**65), max_size=3)
            entry[data.draw(st.sampled_from(["dtype", "shape", "data_offsets"]))] = data.draw(offsets | junk)
        write_header(path, header, rest)
        opened(own_checkpoint)
    finally:
        path.write_bytes(original)


@settings(often, max_examples=40)
@given(
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), min_size=1, max_size=20), cut=st.floats(0, 1)
)
def test_any_bytes_of_the_tokenizer_are_read_or_refused(own_checkpoint, flips, cut):
    path = own_checkpoint / "tokenizer.json"
    original = path.read_bytes()
    damaged = bytearray(original[: max(1, int(len(original) * cut))])
    for place, change in flips:
        damaged[int(len(damaged) * place)] ^= change
    try:
        path.write_bytes(bytes(damaged))
        opened(own_checkpoint)
    finally:
        path.write_bytes(original)


def test_a_weight_of_another_shape_is_refused_by_name(own_checkpoint):
    path = own_checkpoint / "model.safetensors"
    weights = load_file(path)
    weights["layers.1.mlp.up_proj.weight"] = weights["layers.1.mlp.up_proj.weight"][:-1].clone()
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"layers\.1\.mlp\.up_proj\.weight.*shape \(127, 64\).*\(128, 64\)"):
        Qwen3Encoder(model=str(own_checkpoint)).load()


def test_a_pickle_beside_the_weights_is_never_opened(own_checkpoint, tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    import pickle

    (own_checkpoint / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    assert Qwen3Encoder(model=str(own_checkpoint)).encode_document(["a"]).shape == (1, 64)
    (own_checkpoint / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="pickled"):
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_folder_is_no_way_out(own_checkpoint, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "config.json").write_text('{"pooling_mode": "mean"}')
    (own_checkpoint / "link").symlink_to(outside)
    modules = json.loads((own_checkpoint / "modules.json").read_text())
    modules[1]["path"] = "link"
    (own_checkpoint / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(CheckpointError, match="outside"):
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))


def test_a_module_that_names_code_of_its_own_is_refused(own_checkpoint):
    modules = json.loads((own_checkpoint / "modules.json").read_text())
    modules[0]["type"] = "custom_code.MyTransformer"
    (own_checkpoint / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(CheckpointError, match="MyTransformer"):
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", *JSON_FILES])
def test_a_folder_in_the_place_of_a_file_is_refused_or_passed_over(own_checkpoint, name):
    (own_checkpoint / name).unlink()
    (own_checkpoint / name).mkdir()
    opened(own_checkpoint)


@pytest.mark.parametrize("name", JSON_FILES)
def test_json_of_endless_depth_is_refused(own_checkpoint, name):
    (own_checkpoint / name).write_text("[" * 200_000)
    with pytest.raises(CheckpointError, match="can't be read"):
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))


def test_a_header_of_endless_depth_is_refused(own_checkpoint):
    header = b"[" * 200_000
    (own_checkpoint / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(CheckpointError, match="not a complete safetensors"):
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))
