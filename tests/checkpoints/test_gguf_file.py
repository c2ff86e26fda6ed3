"""GGUF files by path: the embeddings of their dequantised weights, their own tokenizer, their own fingerprint."""

import sys

import numpy as np
import pytest

from exported_models import TEXTS, exported
from gguf_files import dequantised_checkpoint, small_tokenizer, write_gguf
from qwen3_embed_integrations import (
    CheckpointError,
    ConfigError,
    EncoderConfig,
    MissingExtraError,
    Qwen3Encoder,
    Qwen3Reranker,
)
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.safetensors_index import read_index
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer

KINDS = ("F16", "Q8_0", "Q4_K")


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """A cache of the test's own."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def original(make_checkpoint, tmp_path_factory):
    """Wide enough for the blocks of Q4_K, with few tokens: the package reads them one by one."""
    tokenizer = small_tokenizer(tmp_path_factory.mktemp("tokenizer"))
    return make_checkpoint(
        tokenizer_of=tokenizer, hidden_size=256, head_dim=64, intermediate_size=256, num_hidden_layers=2
    )


@pytest.fixture(scope="module")
def files(original, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gguf")
    return {kind: write_gguf(original, folder / f"model-{kind}.gguf", kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_embeddings_are_those_of_the_dequantised_weights(kind, files, original, tmp_path):
    plain = Qwen3Encoder(model=str(dequantised_checkpoint(original, files[kind], tmp_path / "plain")), dtype="float32")
    encoder = Qwen3Encoder(model=str(files[kind]), dtype="float32")
    np.testing.assert_allclose(encoder.encode_document(TEXTS), plain.encode_document(TEXTS), atol=1e-6)
    np.testing.assert_allclose(encoder.encode_query(TEXTS), plain.encode_query(TEXTS), atol=1e-6)


def test_the_fingerprint_says_which_file(files, original):
    spaces = [Qwen3Encoder(model=str(model)).space for model in (original, *files.values())]
    assert len({space.fingerprint for space in spaces}) == 1 + len(KINDS)
    assert spaces[1].model == "model-F16.gguf"


def test_its_tokenizer_is_the_originals(files, original):
    texts = ["Where is it?", "  'tis über 12345!\r\n\n如何", "<|endoftext|> spelled", "e\u0301", "<think> </think>", ""]
    unpacked = open_checkpoint(EncoderConfig(model=str(files["F16"]))).folder
    assert TextTokenizer(unpacked).tokenize(texts) == TextTokenizer(original).tokenize(texts)


def test_an_export_of_it_is_it(files, tmp_path):
    folder = exported(files["Q8_0"], tmp_path / "exported", check=True)
    found = Qwen3Encoder(model=str(folder), backend="onnx")
    assert found.space.fingerprint == Qwen3Encoder(model=str(files["Q8_0"])).space.fingerprint


def test_a_truncated_file_is_refused(files, tmp_path):
    path = tmp_path / "cut.gguf"
    path.write_bytes(files["F16"].read_bytes()[:-50_000])
    with pytest.raises(CheckpointError, match=r"cut.gguf is (truncated|no complete GGUF file)"):
        Qwen3Encoder(model=str(path)).encode_query(["a"])
    path.write_bytes(b"GGUF")
    with pytest.raises(CheckpointError, match=r"cut.gguf is no complete GGUF file"):
        Qwen3Encoder(model=str(path)).encode_query(["a"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"architecture": "qwen2"}, r"architecture 'qwen2', expected 'qwen3'"),
        ({"pre": "llama-bpe"}, r"tokenizer of kind 'gpt2', 'llama-bpe'"),
        ({"pooling": 4}, r"pooling type 4: a reranker"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_another_model_is_refused(changed, message, original, tmp_path):
    path = write_gguf(original, tmp_path / "other.gguf", "F16", **changed)
    with pytest.raises(CheckpointError, match=message):
        Qwen3Encoder(model=str(path)).encode_query(["a"])


def test_a_reranker_is_not_read_from_it(files):
    with pytest.raises(CheckpointError, match=r"an embedding model.*Qwen3Encoder"):
        Qwen3Reranker(model=str(files["F16"])).score("a", ["b"])


def test_a_revision_means_nothing(files):
    with pytest.raises(ConfigError, match=r"is a file. Omit it"):
        open_checkpoint(EncoderConfig(model=str(files["F16"]), revision="main"))


def test_a_folder_with_a_gguf_file_says_to_name_it(files):
    with pytest.raises(CheckpointError, match=r"To load its GGUF file, name it: model='.*model-F16.gguf'"):
        read_index(files["F16"].parent)


def test_without_the_package_the_extra_is_named(files, monkeypatch):
    monkeypatch.delitem(sys.modules, "qwen3_embed_integrations.checkpoints.gguf_file", raising=False)
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingExtraError, match=r"qwen3-embed-integrations\[gguf\]"):
        open_checkpoint(EncoderConfig(model=str(files["F16"])))


def test_a_cache_that_cant_be_written_is_named(files, cache):
    cache.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"can't be written to .*XDG_CACHE_HOME"):
        open_checkpoint(EncoderConfig(model=str(files["F16"])))
