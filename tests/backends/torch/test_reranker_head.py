"""The head of a reranker: one vector, whatever the checkpoint's form."""

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from checkpoints import build_reranker, write_json
from qwen3_embed_integrations import RerankerConfig
from qwen3_embed_integrations.backends.torch import open_model
from qwen3_embed_integrations.backends.torch.reranker_head import (
    RerankerForward,
    raise_if_head_is_adapted,
    read_head,
)
from qwen3_embed_integrations.core.errors import CheckpointError
from qwen3_embed_integrations.core.packing import pack

LENGTHS = [[1, 2], [3], [4, 5, 6]]


def opened(folder):
    return open_model(RerankerConfig(model=str(folder)).runtime_config)


def answer_ids(folder):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return tokenizer.token_to_id("yes"), tokenizer.token_to_id("no")


@pytest.fixture(scope="module")
def causal(tmp_path_factory):
    return build_reranker(tmp_path_factory.mktemp("reranker") / "causal", seed=5)


def test_the_logit_is_the_state_times_the_head_in_float32():
    states = np.random.default_rng(0).standard_normal((3, 8)).astype(np.float32)
    head = np.arange(8, dtype=np.float32)
    logits = RerankerForward(lambda _: states, head)(pack(LENGTHS))
    assert logits.shape == (3, 1)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits[:, 0], [sum(state * head) for state in states], rtol=1e-5)


def test_the_head_of_a_language_model_is_yes_minus_no(causal):
    yes, no = answer_ids(causal)
    embeddings = load_file(causal / "model.safetensors")["model.embed_tokens.weight"]
    np.testing.assert_array_equal(read_head(opened(causal), (yes, no)), embeddings[yes] - embeddings[no])


@pytest.mark.parametrize("shape", [{"form": "score"}, {"tie_word_embeddings": False}], ids=["classifier", "untied"])
def test_the_other_forms_have_their_own_head(tmp_path, shape):
    folder = build_reranker(tmp_path / "model", seed=5, **shape)
    yes, no = answer_ids(folder)
    weights = load_file(folder / "model.safetensors")
    expected = weights["score.weight"][0] if "form" in shape else np.subtract(*weights["lm_head.weight"][[yes, no]])
    np.testing.assert_array_equal(read_head(opened(folder), (yes, no)), expected)


@pytest.mark.parametrize(
    "trained",
    [
        {"target_modules": ["q_proj", "model.embed_tokens"]},
        {"modules_to_save": ["score"]},
        {"target_modules": "lm_head"},
    ],
    ids=["embeddings", "score", "head"],
)
def test_an_adapter_of_the_head_is_refused_by_the_name_of_the_module(tmp_path, causal, trained):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_bytes((causal / "model.safetensors").read_bytes())
    stored = {"base_model_name_or_path": str(causal), "task_type": "CAUSAL_LM", "peft_type": "LORA"}
    write_json(adapter / "adapter_config.json", {**stored, "target_modules": ["q_proj"]})
    raise_if_head_is_adapted(opened(adapter))
    write_json(adapter / "adapter_config.json", {**stored, **trained})
    with pytest.raises(CheckpointError, match="merge_and_unload"):
        raise_if_head_is_adapted(opened(adapter))
    raise_if_head_is_adapted(opened(causal))
