"""The folder that is written holds the model in memory: whole, with a merged LoRA, or as an adapter."""

import json

import numpy as np
import pytest
import torch

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.training.export import export
from qwen3_embed_integrations.training.model import add_lora

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft 0.21
TEXTS = ["apple red?", "", "北京是中华人民共和国的首都。"]


@pytest.mark.parametrize("options", [{}, {"lora_rank": 4}, {"lora_rank": 4, "keep_adapter": True}], ids=str)
def test_the_folder_computes_what_the_model_computed(make_plan, load, checkpoint, tmp_path, options):
    made = make_plan(**options)
    model = load(made)
    add_lora(model, made.options)
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight.add_(0.05 * torch.randn_like(weight))
    expected = model.encode_document(TEXTS)
    (tmp_path / "staging").mkdir()
    export(model, made, tmp_path / "staging")
    encoder = Qwen3Encoder(model=str(tmp_path / "staging"), device="cpu", dtype="float32")
    assert np.abs(encoder.encode_document(TEXTS) - expected).max() <= 2e-6
    base = Qwen3Encoder(model=str(checkpoint), device="cpu")
    assert np.abs(base.encode_document(TEXTS) - expected).max() > 1e-2
    assert encoder.model_info.prompts == made.prompting.stored()
    assert encoder.model_info.max_seq_length == base.model_info.max_seq_length
    assert (tmp_path / "staging" / "model.safetensors").exists() != bool(options.get("keep_adapter"))


def test_a_kept_adapter_names_its_base(make_plan, load, checkpoint, tmp_path):
    made = make_plan(lora_rank=2, keep_adapter=True)
    model = load(made)
    add_lora(model, made.options)
    (tmp_path / "staging").mkdir()
    export(model, made, tmp_path / "staging")
    stored = json.loads((tmp_path / "staging" / "adapter_config.json").read_text())
    assert (stored["base_model_name_or_path"], stored["revision"]) == (str(checkpoint.resolve()), None)
    assert (stored["r"], stored["lora_alpha"], stored["inference_mode"]) == (2, 4, True)
