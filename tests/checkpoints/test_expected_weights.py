import itertools
import json

import pytest
import torch
from transformers import Qwen3Config, Qwen3Model

from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.checkpoints.expected_weights import PREFIX, check_weights, expected_weights, shown_names
from qwen3_embed_integrations.checkpoints.safetensors_index import read_index

SHAPES = [
    {"num_key_value_heads": 4},
    {"head_dim": 16, "num_hidden_layers": 1},
    {"attention_bias": True},
    {"vocab_size": 77, "intermediate_size": 8},
]


@pytest.mark.parametrize("changes", SHAPES)
def test_names_and_shapes_are_those_of_transformers(changes):
    standard = {"vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 64}  # fmt: skip
    config = Qwen3Config(**{**standard, **changes})
    with torch.device("meta"):
        model = Qwen3Model(config)
    wanted = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    assert dict(expected_weights(config.to_dict())) == wanted


def test_a_billion_layers_take_no_time():
    config = {"hidden_size": 64, "num_hidden_layers": 10**9}
    assert len(list(itertools.islice(expected_weights(config), 100))) == 100


def test_a_checkpoint_has_them_all_with_or_without_the_prefix(checkpoint):
    config, index = json.loads((checkpoint / "config.json").read_text()), read_index(checkpoint)
    assert check_weights(index, config, checkpoint) == set()
    prefixed = {PREFIX + name: tensor for name, tensor in index.items()}
    assert check_weights(prefixed, config, checkpoint) == set()
    assert check_weights({**prefixed, "lm_head.weight": index["norm.weight"]}, config, checkpoint) == {"lm_head.weight"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_hidden_layers": 10**9}, r"lack layers\.3\."),
        ({"hidden_size": 10**11}, r"embed_tokens\.weight.*config\.json says \(32000, 100000000000\)"),
        ({"vocab_size": 10}, r"config\.json says \(10, 64\)"),
        ({"num_key_value_heads": 4}, r"k_proj\.weight"),
        ({"head_dim": 2}, r"q_norm\.weight"),
        ({"intermediate_size": 10**11}, r"gate_proj\.weight"),
        ({"attention_bias": True}, r"lack layers\.0\.self_attn\.q_proj\.bias"),
    ],
)
def test_numbers_that_do_not_fit_the_weights_are_rejected(checkpoint, changes, message):
    config = {**json.loads((checkpoint / "config.json").read_text()), **changes}
    with pytest.raises(CheckpointError, match=message):
        check_weights(read_index(checkpoint), config, checkpoint)


def test_three_names_are_shown():
    assert shown_names(["b", "a"]) == "'a', 'b'"
    assert shown_names("abcde") == "'a', 'b', 'c' and 2 more"
