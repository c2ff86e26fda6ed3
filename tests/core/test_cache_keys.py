"""Equal keys have equal embeddings, and every option that moves an embedding changes the key."""

import itertools

import numpy as np
import pytest

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.cache_keys import embedding_key
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.prompts import TASKS, query_prompt

LONG = "The harbour was closed for the winter. " * 60
TEXTS = ["Where is Paris?", "北京", LONG]

MOVES = {
    "model": "make_checkpoint",
    "pooling": "mean",
    "dimension": 32,
    "document_task": "sts",
    "task": "code",
    "max_length": 32,
    "on_overflow": "error",
    "dtype": "int8",
}
"""Options with a value that moves an embedding computed locally, or that rejects a text."""

LEAVES = {
    "revision": None,
    "cache_folder": "elsewhere",
    "token": "secret",
    "local_files_only": True,
    "device": "cpu",
    "plan": "streams=1",
    "max_batch_tokens": 64,
    "cache_path": "cache.sqlite",
    "cache_max_mb": 1,
    "max_waiting_calls": 7,
    "show_progress": True,
    "runtime": "openvino",
    "provider": "cpu",
    "api_key_env": "SOME_KEY",
    "send_token_ids": False,
    "max_batch_texts": 3,
    "max_concurrency": 2,
    "max_retries": 1,
    "timeout_s": 5.0,
    "deadline_s": 9.0,
}
"""Options with a value that moves no embedding beyond rounding."""

SERVER = {
    "backend": "remote",
    "base_url": "http://127.0.0.1:9/v1",
    "engine": "vllm",
    "served_model": "other",
    "append_end_token": True,
    "server_dimensions": True,
    "tokenizer": "folder",
}
"""Options that decide what a server computes."""


def both_keys(encoder):
    return [
        embedding_key(encoder.config, encoder.model_info, encoder.prompt(role)).hexdigest
        for role in ("query", "document")
    ]


def embeddings_of(encoder):
    """Embeddings of both roles; None for a text that the encoder rejects."""
    found = []
    for role, text in itertools.product(("query", "document"), TEXTS):
        try:
            found.append(encoder.encode([text], role).embeddings[0])
        except ValueError:
            found.append(None)
    return found


def moved(one, other):
    return any(
        (a is None) != (b is None) or (a is not None and (a.shape != b.shape or np.abs(a - b).max() > 1e-5))
        for a, b in zip(one, other, strict=True)
    )


def test_every_option_is_known_to_move_an_embedding_or_not():
    assert sorted([*MOVES, *LEAVES, *SERVER]) == sorted(EncoderConfig.model_fields)


@pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
@pytest.mark.parametrize("name", sorted(MOVES))
def test_an_option_that_moves_an_embedding_changes_the_key(checkpoint, make_checkpoint, name):
    value = str(make_checkpoint(seed=3)) if name == "model" else MOVES[name]
    standard = {"max_length": 64} if name == "on_overflow" else {}  # it decides about longer texts only
    plain = Qwen3Encoder(model=str(checkpoint), **standard)
    other = Qwen3Encoder(plain.config, **{name: value})
    assert moved(embeddings_of(plain), embeddings_of(other))
    assert both_keys(plain) != both_keys(other)


@pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
@pytest.mark.parametrize("name", sorted(LEAVES))
def test_an_option_that_moves_no_embedding_leaves_the_key(checkpoint, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    plain = Qwen3Encoder(model=str(checkpoint))
    other = Qwen3Encoder(plain.config, **{name: LEAVES[name]})
    assert not moved(embeddings_of(plain), embeddings_of(other))
    assert both_keys(plain) == both_keys(other)


@pytest.mark.parametrize("name", sorted(SERVER.keys() - {"backend"}))
def test_what_decides_what_a_server_computes_changes_the_key(name):
    model_info = ModelInfo("m", "", "", 64, 512, 512, "lasttoken")
    here = EncoderConfig()
    plain = here.replace(backend="remote", base_url="http://127.0.0.1:8/v1")
    other = plain.replace(**{name: SERVER[name]})
    digests = {embedding_key(config, model_info, "").digest for config in (here, plain, other)}
    assert len(digests) == 3


def test_the_same_weights_under_another_path_have_the_same_key(checkpoint, own_checkpoint):
    assert both_keys(Qwen3Encoder(model=str(checkpoint))) == both_keys(Qwen3Encoder(model=str(own_checkpoint)))


def test_one_prompt_has_one_key_whatever_the_role(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), task="sts")
    query, document = both_keys(encoder)
    assert query == document
    assert encoder.prompt("query") == query_prompt(TASKS["sts"].instruction)


def test_a_text_and_its_key_decide_the_stored_key(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint))
    key, other = (embedding_key(encoder.config, encoder.model_info, prompt) for prompt in ("", "Query:"))
    assert len({key.of_text("a"), key.of_text("b"), other.of_text("a"), key.of_text("\udc00")}) == 4
    assert key.at_dimension(32).of_text("a") != key.of_text("a")
