import pytest
from transformers import Qwen3Config

from qwen3_embed_integrations.checkpoints.architecture import Qwen3Architecture, is_plain


def test_a_config_s_numbers_are_those_that_transformers_reads():
    config = Qwen3Config(hidden_size=96, num_hidden_layers=5, num_attention_heads=6, num_key_value_heads=3)
    found = Qwen3Architecture.of(config.to_dict())
    for name in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
                 "head_dim", "intermediate_size", "rms_norm_eps"):  # fmt: skip
        assert getattr(found, name) == getattr(config, name), name


def test_missing_numbers_have_transformers_defaults():
    found, standard = Qwen3Architecture.of({"hidden_size": 4096}), Qwen3Config()
    assert (found.vocab_size, found.num_hidden_layers) == (standard.vocab_size, standard.num_hidden_layers)
    assert (found.intermediate_size, found.head_dim) == (standard.intermediate_size, standard.head_dim)


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, True),
        ({"rope_scaling": None, "hidden_act": "silu"}, True),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}, True),
        ({"rope_scaling": {"type": "yarn", "factor": 4.0}}, False),
        ({"attention_bias": True}, False),
        ({"hidden_act": "gelu"}, False),
    ],
)
def test_only_what_the_forward_pass_here_computes_is_plain(changes, plain):
    assert is_plain({"hidden_size": 64, **changes}) is plain
