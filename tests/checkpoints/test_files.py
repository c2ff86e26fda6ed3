import os
import socket

import pytest

from qwen3_embed_integrations import CheckpointError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.checkpoints import files
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.files import open_regular, raise_for_special_files, read_json, read_text

NAMES = [
    "config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "modules.json",
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "adapter_config.json",
    "chat_template.jinja",
    "README.md",
    "quantize_config.json",
    "anything",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_a_pipe_socket_or_device_never_blocks(own_checkpoint, monkeypatch, name, kind):
    path = own_checkpoint / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        monkeypatch.chdir(path.parent)  # the name of a socket is short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    with pytest.raises(CheckpointError, match=path.name.replace(".", r"\.")):
        Qwen3Encoder(model=str(own_checkpoint)).load()


def test_the_links_of_a_hub_cache_are_followed(checkpoint, tmp_path):
    for path in checkpoint.rglob("*"):
        if path.is_file():
            link = tmp_path / path.relative_to(checkpoint)
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(path)
    assert open_checkpoint(EncoderConfig(model=str(tmp_path))).model_info.hidden_size == 64


@pytest.mark.parametrize("target", ["nothing", "link"])
def test_a_link_to_nowhere_is_rejected(own_checkpoint, target):
    (own_checkpoint / "link").symlink_to(target)
    with pytest.raises(CheckpointError, match="can't be read"):
        raise_for_special_files(own_checkpoint)


def test_a_missing_file_is_told_apart_from_one_that_can_not_be_read(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "nothing")
    with pytest.raises(CheckpointError, match="not a regular file"):
        open_regular(tmp_path)
    with pytest.raises(CheckpointError, match="can't be read"):
        raise_for_special_files(tmp_path / "nothing")


def test_what_is_too_large_is_rejected_unread(tmp_path, monkeypatch):
    path = tmp_path / "config.json"
    path.write_text("{}" + " " * 100)
    assert read_json(path) == {}
    monkeypatch.setattr(files, "MAX_JSON_BYTES", 100)
    with pytest.raises(CheckpointError, match="larger than"):
        read_json(path)
    with path.open("r+b") as file:
        file.truncate(10**12)  # a sparse file
    with pytest.raises(CheckpointError, match="larger than"):
        read_text(path, 1000)
