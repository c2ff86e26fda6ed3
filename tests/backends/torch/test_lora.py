import json
import shutil

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModel, Qwen3ForCausalLM

from checkpoints import write_json
from qwen3_embed_integrations import CheckpointError, Qwen3Encoder

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft 0.21
TEXTS = ["one", "two three four"]


def save_adapter(base, folder, seed=0):
    """Train nothing, but gives the adapter weights that are not zero."""
    torch.manual_seed(seed)
    adapted = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"]))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    adapted.save_pretrained(folder)


@pytest.fixture(scope="module")
def adapter(checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    save_adapter(AutoModel.from_pretrained(checkpoint, dtype=torch.float32), folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    write_json(folder / "adapter_config.json", {**config, "base_model_name_or_path": str(checkpoint)})
    return folder


def test_an_adapter_folder_is_merged_at_load(checkpoint, adapter, tmp_path):
    merged = tmp_path / "merged"
    shutil.copytree(checkpoint, merged)
    base = AutoModel.from_pretrained(checkpoint, dtype=torch.float32)
    PeftModel.from_pretrained(base, adapter).merge_and_unload().save_pretrained(merged)
    expected = Qwen3Encoder(model=str(merged)).encode_query(TEXTS)
    embeddings = Qwen3Encoder(model=str(adapter)).encode_query(TEXTS)
    np.testing.assert_allclose(embeddings, expected, atol=2e-6)
    assert np.abs(embeddings - Qwen3Encoder(model=str(checkpoint)).encode_query(TEXTS)).max() > 1e-2


def test_an_adapter_trained_on_the_language_model_fits_too(checkpoint, adapter, tmp_path):
    shutil.copytree(adapter, tmp_path, dirs_exist_ok=True)
    weights = load_file(adapter / "adapter_model.safetensors")
    renamed = {name.replace("base_model.model.", "base_model.model.model.", 1): w for name, w in weights.items()}
    save_file(renamed, tmp_path / "adapter_model.safetensors", metadata={"format": "pt"})
    embeddings = Qwen3Encoder(model=str(tmp_path)).encode_query(TEXTS)
    np.testing.assert_allclose(embeddings, Qwen3Encoder(model=str(adapter)).encode_query(TEXTS), atol=1e-6)
    assert "model.layers.0.self_attn.q_proj.weight" in Qwen3ForCausalLM.from_pretrained(checkpoint).state_dict()


def test_an_adapter_s_space_is_not_its_base_s(checkpoint, adapter):
    assert Qwen3Encoder(model=str(adapter)).space.weights != Qwen3Encoder(model=str(checkpoint)).space.weights


def test_an_adapter_for_another_model_is_refused(adapter, tmp_path):
    shutil.copytree(adapter, tmp_path, dirs_exist_ok=True)
    weights = load_file(adapter / "adapter_model.safetensors")
    wrong = {name.replace("layers.0", "layers.9"): weight for name, weight in weights.items()}
    save_file(wrong, tmp_path / "adapter_model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"does not fit|can't be loaded"):
        Qwen3Encoder(model=str(tmp_path)).load()
