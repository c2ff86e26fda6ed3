"""A LoRA adapter of a reranker: its scores are those of the merged model, by the official recipe."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import Qwen3ForCausalLM

from checkpoints import build_reranker, write_json
from official_reranker import OfficialReranker
from qwen3_embed_integrations import CheckpointError, Qwen3Reranker

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),  # peft 0.21
    pytest.mark.filterwarnings("ignore::UserWarning"),  # peft's, while the test trains a head
]
QUERY = "What is the capital of China?"
DOCUMENTS = ["The capital of China is Beijing.", "Gravity attracts.", "", "中国的首都是北京。", "word " * 120]


def save_adapter(base: Path, folder: Path, **config: Any) -> Path:
    """Save an adapter whose weights are not zero, with the task that peft stores for a language model."""
    torch.manual_seed(3)
    modules = ["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]
    chosen = LoraConfig(**{"r": 4, "target_modules": modules, "task_type": "CAUSAL_LM", **config})
    adapted = get_peft_model(Qwen3ForCausalLM.from_pretrained(base, dtype=torch.float32), chosen)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    adapted.save_pretrained(folder)
    stored = json.loads((folder / "adapter_config.json").read_text())
    write_json(folder / "adapter_config.json", {**stored, "base_model_name_or_path": str(base)})
    (folder / "README.md").write_text("---\npipeline_tag: text-ranking\n---\n")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_reranker(tmp_path_factory.mktemp("reranker") / "model", seed=11)


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(base, tmp_path_factory.mktemp("adapter"))


def test_logits_are_those_of_the_merged_model(base: Path, adapter: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    shutil.copytree(base, merged)
    model = Qwen3ForCausalLM.from_pretrained(base, dtype=torch.float32)
    PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(merged)
    expected = OfficialReranker(merged).logits(QUERY, DOCUMENTS)
    found = Qwen3Reranker(model=str(adapter), dtype="float32").score(QUERY, DOCUMENTS, scale="logit")
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)
    plain = Qwen3Reranker(model=str(base), dtype="float32").score(QUERY, DOCUMENTS, scale="logit")
    assert np.abs(found - plain).max() > 1e-2


def test_an_adapters_scores_are_kept_apart_from_its_bases(base: Path, adapter: Path) -> None:
    assert Qwen3Reranker(model=str(adapter)).model_info.weights != Qwen3Reranker(model=str(base)).model_info.weights


@pytest.mark.parametrize("trained", ["lm_head", "embed_tokens"])
def test_an_adapter_that_trains_the_head_is_refused(base: Path, tmp_path: Path, trained: str) -> None:
    folder = save_adapter(base, tmp_path / "adapter", target_modules=["q_proj", trained])
    with pytest.raises(CheckpointError, match=f"trains '{trained}'"):
        Qwen3Reranker(model=str(folder)).load()
