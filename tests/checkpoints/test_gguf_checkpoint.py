"""What a GGUF file leaves in the user's cache."""

import json

import pytest

from gguf_files import small_tokenizer, write_gguf
from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.checkpoints.gguf_checkpoint import open_gguf


@pytest.fixture(scope="module")
def file(make_checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gguf")
    original = make_checkpoint(tokenizer_of=small_tokenizer(tmp_path_factory.mktemp("tokenizer")), rope_theta=5e4)
    return original, write_gguf(original, folder / "model.gguf", "Q8_0")


def test_its_config_and_tokenizer_are_unpacked_once(file, monkeypatch, tmp_path):
    original, path = file
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    first = open_gguf(EncoderConfig(model=str(path)))
    assert first.folder.is_relative_to(tmp_path)
    assert {one.name for one in first.folder.iterdir()} == {"config.json", "tokenizer.json"}
    stored = json.loads((original / "config.json").read_text(encoding="utf-8"))
    unpacked = json.loads((first.folder / "config.json").read_text(encoding="utf-8"))
    same = ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "vocab_size")
    assert {name: unpacked[name] for name in same} == {name: stored[name] for name in same}
    assert unpacked["rope_theta"] == stored["rope_parameters"]["rope_theta"]
    before = (first.folder / "tokenizer.json").stat().st_mtime_ns
    second = open_gguf(EncoderConfig(model=str(path)))
    assert (second.folder / "tokenizer.json").stat().st_mtime_ns == before
    assert second.model_info == first.model_info
    assert first.model_info.model == "model.gguf"
