import pytest
import torch

from other_models import add_tensors, untied_language_model
from qwen3_embed_integrations import CheckpointError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.core.errors import CheckpointWarning

SQUARE = torch.zeros(64, 64)


@pytest.mark.parametrize(
    "name",
    [
        "layers.0.self_attn.q_proj.bias",
        "layers.0.self_attn.q_proj.lora_A.weight",
        "layers.0.self_attn.q_proj.base_layer.weight",
        "layers.3.mlp.up_proj.weight",
        "layers.0.mlp.experts.0.up_proj.weight",
        "model.norm.weight",
        "model.embed_tokens.weight",
        "linear.weight",
        "visual.patch_embed.weight",
        "extra",
        "\x1b[31m",
    ],
)
def test_a_tensor_that_would_be_lost_is_an_error_that_names_it(own_checkpoint, name):
    add_tensors(own_checkpoint, {name: SQUARE})
    with pytest.raises(CheckpointError, match="does not use") as caught:
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("name", ["lm_head.weight", "layers.0.self_attn.rotary_emb.inv_freq", "rotary_emb.inv_freq"])
def test_a_tensor_without_effect_is_a_warning_that_names_it(checkpoint, own_checkpoint, name):
    add_tensors(own_checkpoint, {name: SQUARE})
    with pytest.warns(CheckpointWarning, match=name):
        embeddings = Qwen3Encoder(model=str(own_checkpoint)).encode_document(["a"])
    assert (embeddings == Qwen3Encoder(model=str(checkpoint)).encode_document(["a"])).all()


def test_a_language_model_s_head_belongs_to_it(tmp_path):
    folder = untied_language_model(tmp_path / "model")
    with pytest.warns(CheckpointWarning) as caught:
        open_checkpoint(EncoderConfig(model=str(folder)))
    assert len(caught) == 1


def test_the_warning_points_at_the_user_s_line(tmp_path):
    folder = untied_language_model(tmp_path / "model")
    with pytest.warns(CheckpointWarning) as caught:
        open_checkpoint(EncoderConfig(model=str(folder)))
    assert caught[0].filename == __file__


def test_names_in_a_message_are_few(own_checkpoint):
    add_tensors(own_checkpoint, {f"extra.{i}" + "x" * 500: SQUARE.clone() for i in range(9)})
    with pytest.raises(CheckpointError, match="and 6 more") as caught:
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))
    assert len(str(caught.value)) < 1000
