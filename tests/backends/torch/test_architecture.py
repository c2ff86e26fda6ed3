"""The dimensions of a model, from config.json files of every kind."""

import json

from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture, is_plain


def test_an_older_config_reads_the_same(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    older = {name: value for name, value in config.items() if name != "rope_parameters"}
    assert Qwen3Architecture.of(
        {**older, "rope_theta": config["rope_parameters"]["rope_theta"]}
    ) == Qwen3Architecture.of(config)


def test_missing_values_have_the_defaults_of_qwen3config():
    from transformers import Qwen3Config

    theirs = Qwen3Config(hidden_size=64)
    ours = Qwen3Architecture.of({"hidden_size": 64})
    assert (ours.vocab_size, ours.num_hidden_layers, ours.num_attention_heads, ours.head_dim) == (
        theirs.vocab_size,
        theirs.num_hidden_layers,
        theirs.num_attention_heads,
        theirs.head_dim,
    )
    assert (ours.intermediate_size, ours.rms_norm_eps) == (theirs.intermediate_size, theirs.rms_norm_eps)


def test_n_parameters_counts_every_matrix_of_the_checkpoint(checkpoint):
    from safetensors.torch import load_file

    matrices = [weight for weight in load_file(checkpoint / "model.safetensors").values() if weight.ndim == 2]
    config = json.loads((checkpoint / "config.json").read_text())
    assert Qwen3Architecture.of(config).n_parameters == sum(weight.numel() for weight in matrices)


def test_a_plain_config_may_spell_out_its_defaults():
    assert is_plain({"hidden_act": "silu", "attention_bias": False, "rope_scaling": None})
    assert is_plain({"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}})
