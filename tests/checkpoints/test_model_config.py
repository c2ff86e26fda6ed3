import json
from importlib import import_module

import pytest

from other_models import edit
from qwen3_embed_integrations import CheckpointError, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.model_config import check_model_config

GOOD = {"model_type": "qwen3", "hidden_size": 64}


@pytest.mark.parametrize("name", ["hidden_size", "num_hidden_layers", "vocab_size", "head_dim", "intermediate_size",
                                  "num_attention_heads", "num_key_value_heads", "max_position_embeddings"])  # fmt: skip
@pytest.mark.parametrize("value", [0, -1, 2**62, 10**30, 1.5, "64", True, [64]])
def test_numbers_that_no_model_has_are_rejected_by_name(tmp_path, name, value):
    with pytest.raises(CheckpointError, match=name):
        check_model_config({**GOOD, name: value}, tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "qwen2"}, "'qwen2', expected 'qwen3'"),
        ({"use_sliding_window": True}, "sliding"),
        ({"is_causal": False}, "bidirectional"),
        ({"use_bidirectional_attention": True}, "bidirectional"),
        ({"num_attention_heads": 6, "num_key_value_heads": 4}, "no multiple"),
        ({"head_dim": 7}, "even"),
        ({"rms_norm_eps": float("nan")}, "rms_norm_eps"),
        ({"rope_parameters": {"rope_theta": -1}}, "rope_theta=-1"),
        ({"rope_scaling": {"rope_theta": "x"}}, "rope_theta='x'"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor"),
        ({"layer_types": "full_attention"}, "layer_types"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 1e300}}, "factor=1e"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": "4"}}, "factor='4'"),
        ({"rope_parameters": {"original_max_position_embeddings": -1}}, "original_max_position_embeddings=-1"),
        ({"layer_types": ["sliding_attention"]}, "sliding_attention"),
        ({"layer_types": [[]]}, r"type \[\]"),
        ({"layer_types": ["full_attention"], "num_hidden_layers": 2}, "1 layer_types for num_hidden_layers=2"),
        ({"architectures": "Qwen3Model"}, "architectures"),
        ({"quantization_config": "gptq"}, "quantization_config"),
    ],
)
def test_what_can_not_be_run_is_rejected_by_name(tmp_path, changes, message):
    with pytest.raises(CheckpointError, match=message):
        check_model_config({**GOOD, **changes}, tmp_path)


@pytest.mark.parametrize("changes", [{}, {"head_dim": None}, {"layer_types": None}, {"rope_scaling": None}])
def test_defaults_may_be_left_out_or_null(tmp_path, changes):
    check_model_config({**GOOD, **changes}, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_hidden_layers": 10**12, "layer_types": None},
        {"hidden_size": 2**39},
        {"vocab_size": 2**39},
        {"layer_types": ["full_attention"] * 10**6},
        {"num_hidden_layers": 10**6, "layer_types": ["full_attention"] * 10**6},
        {"id2label": {str(i): "LABEL" for i in range(10**5)}, "num_hidden_layers": 10**9, "layer_types": None},
    ],
)
def test_absurd_numbers_are_rejected_before_any_weight_is_read(own_checkpoint, monkeypatch, changes):
    edit(own_checkpoint / "config.json", **changes)
    monkeypatch.setattr(import_module("qwen3_embed_integrations.backends.torch.build"), "load_backend", None)
    with pytest.raises(CheckpointError):
        Qwen3Encoder(model=str(own_checkpoint)).load()


def test_a_long_value_is_shown_in_part(tmp_path):
    with pytest.raises(CheckpointError) as caught:
        check_model_config({**GOOD, "hidden_size": "x" * 10**6}, tmp_path)
    assert len(str(caught.value)) < 1000 + len(json.dumps(str(tmp_path)))
