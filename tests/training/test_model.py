"""The model that is trained embeds as the encoder does, and a LoRA leaves its weights alone."""

import json

import numpy as np
import pytest
import torch

from qwen3_embed_integrations import CheckpointError, ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.training import TrainingOptions
from qwen3_embed_integrations.training.model import add_lora, check_lora, open_base, reading_at_most, width_of

TEXTS = ["apple red?", "", "北京是中华人民共和国的首都。", "x " * 60]


@pytest.mark.parametrize("pooling", ["lasttoken", "mean", "cls", "max"])
def test_the_model_embeds_as_the_encoder_does(make_plan, load, make_checkpoint, pooling):
    folder = make_checkpoint(pooling=pooling, num_hidden_layers=1)
    model, encoder = load(make_plan(model=folder)), Qwen3Encoder(model=str(folder), device="cpu", dtype="float32")
    assert np.abs(model.encode_query(TEXTS) - encoder.encode_query(TEXTS)).max() <= 2e-6
    assert np.abs(model.encode_document(TEXTS) - encoder.encode_document(TEXTS)).max() <= 2e-6
    assert width_of(model) == encoder.model_info.hidden_size == 64


def test_a_tokenizer_without_the_end_token_is_refused(make_plan, load, own_checkpoint):
    made = make_plan(model=own_checkpoint)
    path = own_checkpoint / "tokenizer.json"
    path.write_text(path.read_text().replace("<|endoftext|>", "<|another|>"))
    settings = own_checkpoint / "tokenizer_config.json"
    settings.write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    with pytest.raises(CheckpointError, match="Copy the base model's"):
        load(made)


def test_the_length_limit_ends_with_its_block_even_after_an_error(make_plan, load):
    model = load(make_plan())
    before = model.max_seq_length
    for n_tokens, expected in ((5, 5), (10**6, before)):
        with reading_at_most(model, n_tokens):
            assert model.max_seq_length == expected
    with pytest.raises(KeyError), reading_at_most(model, 5):
        raise KeyError
    assert model.max_seq_length == before


def test_only_a_lora_on_the_targets_is_trained_and_its_seed_decides_it(make_plan, load):
    made = make_plan()
    found = []
    for seed in (0, 0, 1):
        model = load(made)
        before = model.encode(TEXTS)
        add_lora(model, TrainingOptions(lora_rank=2, lora_targets=["q_proj"], seed=seed))
        np.testing.assert_array_equal(model.encode(TEXTS), before)
        trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        assert all("q_proj.lora_" in name for name in trained)
        found.append(torch.cat([weight.detach().flatten() for weight in trained.values()]))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_without_a_rank_every_weight_is_trained(make_plan, load):
    model = load(make_plan())
    add_lora(model, TrainingOptions())
    assert all(weight.requires_grad for weight in model.parameters())


def test_unknown_targets_and_models_that_cant_be_trained_are_refused(make_plan):
    base = make_plan().base
    check_lora(base, TrainingOptions(lora_rank=2))
    with pytest.raises(ConfigError, match=r"lora_targets='qproj': the model has .*q_proj"):
        check_lora(base, TrainingOptions(lora_rank=2, lora_targets=["v_proj", "qproj"]))
    with pytest.raises(ConfigError, match='Train with backend="torch"'):
        open_base(EncoderConfig(backend="remote", base_url="http://127.0.0.1:1/v1"))
