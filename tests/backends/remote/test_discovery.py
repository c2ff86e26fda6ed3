"""What is known of a remote model comes from its folder, the catalog or one request, in this order."""

import shutil

import pytest

import remote_server as faults
from qwen3_embed_integrations import (
    ConfigError,
    Qwen3Encoder,
    RemoteRefusedError,
    SpaceMismatchError,
)

TEXTS = [f"text {i}" for i in range(12)]


def test_a_folder_on_this_machine_tells_everything(remote, local, checkpoint, server):
    encoder = remote(model=str(checkpoint))
    assert encoder.space == local.space
    assert encoder.count_tokens(["a b c"]).tolist() == local.count_tokens(["a b c"]).tolist()
    assert encoder.render_query("x") == local.render_query("x")
    assert server.requests == []


def test_a_published_model_is_known_without_asking(server):
    encoder = Qwen3Encoder(model="4B", backend="remote", base_url=server.url, revision="main")
    assert (encoder.dimension, encoder.model_info.context_length, encoder.space.revision) == (2560, 40960, "")
    assert server.requests == []


def test_a_remote_space_equals_the_local_one_of_the_same_model_and_revision():
    commit = "b22da495047858cce924d27d76261e96be6febc0"
    remote = Qwen3Encoder(backend="remote", base_url="http://127.0.0.1:9", revision=commit)
    stored = {**remote.space.to_dict(), "weights": "0123456789abcdef"}  # what a local copy would have stored
    remote.space.check(stored, where="The store", remedy="Index again.")
    for field, other in (("model", "Qwen/Qwen3-Embedding-4B"), ("revision", "f" * 40), ("document_prompt", "x")):
        with pytest.raises(SpaceMismatchError, match=field):
            remote.space.check({**stored, field: other}, where="The store", remedy="Index again.")


def test_the_width_of_an_unknown_model_is_asked_once(remote, server):
    encoder = remote()
    assert encoder.dimension == 64
    assert encoder.model_info.query_prompt(None).startswith("Instruct: Given a web search query")
    assert len(server.requests) == 1
    with pytest.raises(ConfigError, match="use 32 to 64"):
        remote(dimension=65).encode_document(["a"])


def test_a_server_to_which_one_letter_is_too_large_refuses_the_model(remote, server):
    server.faults.append(faults.status(413, "Payload Too Large"))
    with pytest.raises(RemoteRefusedError, match=r"a text of one letter as too large: HTTP 413 \(Payload Too Large\)"):
        remote().encode_document(["a"])


def test_the_tokenizer_of_a_published_model_is_found_in_the_hubs_cache(server, checkpoint, tmp_path):
    commit = "b" * 40
    repository = tmp_path / "models--Qwen--Qwen3-Embedding-0.6B"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    shutil.copytree(checkpoint, repository / "snapshots" / commit)
    encoder = Qwen3Encoder(backend="remote", base_url=server.url, model="0.6B", cache_folder=str(tmp_path))
    assert encoder.count_tokens(["a"]).tolist() == [2]
    assert (encoder.dimension, encoder.space.weights) == (1024, "")
    encoder.unload()


def test_a_model_name_that_no_hub_could_have_has_no_tokenizer(remote):
    assert remote(model="qwen3-embedding:0.6b", engine="ollama").encode(["a"], "document").n_tokens.tolist() == [-1]
