"""Writes the model as a sentence-transformers folder in the spelling that older versions read too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, Qwen3Model

from .architecture import CHAT_END_TOKEN, END_TOKEN, HIDDEN_SIZE, MAX_LENGTH, config
from .prompts import QUERY_PROMPT

_JSON_FILES = {
    "modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ],
    "1_Pooling/config.json": {
        "word_embedding_dimension": HIDDEN_SIZE, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": False,
        "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False,
        "pooling_mode_weightedmean_tokens": False, "pooling_mode_lasttoken": True, "include_prompt": True,
    },
    "config_sentence_transformers.json": {
        "prompts": {"query": QUERY_PROMPT, "document": ""},
        "default_prompt_name": None, "similarity_fn_name": "cosine",
    },
    "sentence_bert_config.json": {"max_seq_length": MAX_LENGTH, "do_lower_case": False},
}  # fmt: skip


def trained_model(folder: Path, start: Path, share: float = 1.0) -> Qwen3Model:
    """Return the mean of the weights that `train.save_weights` wrote and of those that training began with.

    A mean keeps more of what the training had no texts for than the trained weights do, and loses little of what they
    learnt (Wortsman and others, 2022, Robust fine-tuning of zero-shot models).

    Args:
        folder: Of ``vectors.safetensors`` and ``layers.safetensors``.
        start: Folder of the model that training began with, tokenizer and weights.
        share: Weight of the trained weights in the mean.
    """
    tokenizer = AutoTokenizer.from_pretrained(start)
    ends = (tokenizer.convert_tokens_to_ids(token) for token in (END_TOKEN, CHAT_END_TOKEN))
    model = Qwen3Model(config(len(tokenizer), *ends))
    tensors = load_file(folder / "vectors.safetensors") | load_file(folder / "layers.safetensors")
    before = load_file(start / "model.safetensors")
    model.load_state_dict({name: before[name].float().lerp(tensor.float(), share) for name, tensor in tensors.items()})
    return model.eval()


def export_model(model: Qwen3Model, tokenizer_folder: Path, target: Path) -> int:
    """Write the folder and return its size in bytes; weights are stored as float16."""
    target.mkdir(parents=True, exist_ok=True)
    for name, content in _JSON_FILES.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    (target / "2_Normalize").mkdir(exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer_folder / name, target / name)
    config = model.config.to_dict() | {"architectures": ["Qwen3Model"], "dtype": "float16", "torch_dtype": "float16"}
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    tensors = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
