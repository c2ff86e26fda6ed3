"""Small real Qwen3 checkpoints, written by the tests; no mocks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModel, Qwen3Config, Qwen3ForCausalLM, Qwen3ForSequenceClassification

import qwen3_embed_integrations

TINY = Path(qwen3_embed_integrations.__file__).parent / "models" / "tiny"
WEB_PROMPT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
MakeCheckpoint = Callable[..., Path]


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def build_checkpoint(
    folder: Path,
    *,
    pooling: str = "lasttoken",
    seed: int = 0,
    tokenizer_of: Path = TINY,
    dtype: torch.dtype = torch.float32,
    **shape: Any,
) -> Path:
    """Writes a random Qwen3 model in sentence-transformers format, with the bundled tokenizer or another folder's."""
    tokenizer = _copied_tokenizer(tokenizer_of, folder)
    config = _small_config(tokenizer, shape)
    torch.manual_seed(seed)
    AutoModel.from_config(config, dtype=dtype).save_pretrained(folder)
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [
        {
            "idx": i,
            "name": str(i),
            "path": f"{i}_{kind}" if i else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for i, kind in enumerate(kinds)
    ]
    write_json(folder / "modules.json", modules)
    flags = {"lasttoken": "lasttoken", "mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}
    pooled = {f"pooling_mode_{flag}": name == pooling for name, flag in flags.items()}
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": config.hidden_size, **pooled})
    (folder / "2_Normalize").mkdir(exist_ok=True)
    write_json(
        folder / "config_sentence_transformers.json",
        {
            "prompts": {"query": WEB_PROMPT, "document": ""},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )
    settings = {"max_seq_length": config.max_position_embeddings, "do_lower_case": False}
    write_json(folder / "sentence_bert_config.json", settings)
    return folder


def build_reranker(
    folder: Path, *, form: str = "causal", seed: int = 0, dtype: torch.dtype = torch.float32, **shape: Any
) -> Path:
    """Write a random reranker with the bundled tokenizer, as transformers saves it.

    Args:
        folder: Where to write it.
        form: "causal" for Qwen3ForCausalLM, "score" for the Qwen3ForSequenceClassification of the same weights.
        seed: Of the weights; both forms of a seed have the same ones.
        dtype: Of the stored weights.
        **shape: Values of config.json that differ from the small standard.
    """
    tokenizer = _copied_tokenizer(TINY, folder)
    config = _small_config(tokenizer, shape)
    torch.manual_seed(seed)
    model: Any = Qwen3ForCausalLM(config).to(dtype)
    with torch.no_grad():  # logits of a trained model's size: those of transformers' initial weights are all near 0
        model.get_output_embeddings().weight.mul_(20)
    if form == "score":
        causal, head = model, model.get_output_embeddings().weight.detach()
        yes, no = tokenizer.token_to_id("yes"), tokenizer.token_to_id("no")
        config.num_labels, config.pad_token_id = 1, tokenizer.token_to_id("<|endoftext|>")
        model = Qwen3ForSequenceClassification(config).to(dtype)
        model.model.load_state_dict(causal.model.state_dict())
        model.score.weight.data = (head[yes] - head[no])[None].clone()
    model.save_pretrained(folder)
    return folder


def _copied_tokenizer(source: Path, folder: Path) -> Tokenizer:
    """Copy the tokenizer of a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(source / name, folder / name)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def _small_config(tokenizer: Tokenizer, shape: dict[str, Any]) -> Qwen3Config:
    """Return the config of a small model with some values changed."""
    standard = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "intermediate_size": 128,
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
    }
    return Qwen3Config(**{**standard, **shape})
