"""Small real Qwen3 checkpoints that are no embedding models, in the forms in which they are published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen3Config, Qwen3ForCausalLM, Qwen3ForSequenceClassification, Qwen3ForTokenClassification

from checkpoints import TINY, build_checkpoint, write_json

RERANKER_TEMPLATE = (
    "{%- for message in messages %}{{ '<|im_start|>' + message.role }}\n"
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided.{%- endfor %}"
)
PAIR_TEMPLATE = (
    "{%- for m in messages %}{%- if m['role'] == 'query' %}<Query>: {{ m.content }}"
    "{%- elif m['role'] == 'document' %}<Document>: {{ m.content }}{%- endif %}{%- endfor %}"
)


def shape(**changes: Any) -> Qwen3Config:
    """Return the config of a small model over the bundled tokenizer."""
    standard = {
        "vocab_size": 32000, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 32, "intermediate_size": 128, "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    }  # fmt: skip
    return Qwen3Config(**{**standard, **changes})


def save(folder: Path, cls: Any, **changes: Any) -> Path:
    """Write a random model of a transformers class, with the bundled tokenizer."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    cls(shape(**changes)).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(TINY / name, folder / name)
    return folder


def language_model(folder: Path) -> Path:
    """Write a base or chat model: Qwen3ForCausalLM and nothing of sentence-transformers."""
    return save(folder, Qwen3ForCausalLM)


def untied_language_model(folder: Path) -> Path:
    """Write a language model with a head of its own."""
    return save(folder, Qwen3ForCausalLM, tie_word_embeddings=False)


def language_model_without_architectures(folder: Path) -> Path:
    """Write a language model whose config.json does not say so."""
    language_model(folder)
    edit(folder / "config.json", architectures=None)
    return folder


def reranker_of_sentence_transformers(folder: Path) -> Path:
    """Write a Qwen3-Reranker as sentence-transformers 5.4 saves it: a Transformer and a LogitScore."""
    language_model(folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"},
        {
            "idx": 1, "name": "1", "path": "1_LogitScore",
            "type": "sentence_transformers.cross_encoder.modules.logit_score.LogitScore",
        },
    ]  # fmt: skip
    write_json(folder / "modules.json", modules)
    write_json(folder / "1_LogitScore" / "config.json", {"true_token_id": 7193, "false_token_id": 1930})
    write_json(folder / "config_sentence_transformers.json", {"model_type": "CrossEncoder"})
    write_json(folder / "sentence_bert_config.json", {"transformer_task": "text-generation"})
    return folder


def with_file(name: str, content: Any) -> Callable[[Path], Path]:
    """Return a builder of a language model with one more file, which says that it is a reranker."""

    def build(folder: Path) -> Path:
        language_model(folder)
        if isinstance(content, str):
            (folder / name).write_text(content)
        else:
            write_json(folder / name, content)
        return folder

    return build


def with_value(name: str, **values: Any) -> Callable[[Path], Path]:
    """Return a builder of a language model with other values in a JSON file."""

    def build(folder: Path) -> Path:
        language_model(folder)
        edit(folder / name, **values)
        return folder

    return build


def named(name: str) -> Callable[[Path], Path]:
    """Return a builder of a language model in a folder of that name."""
    return lambda folder: language_model(folder.parent / name)


def sequence_classifier(folder: Path) -> Path:
    """Write a reranker converted to Qwen3ForSequenceClassification with one label."""
    return save(folder, Qwen3ForSequenceClassification, num_labels=1, pad_token_id=0)


def sequence_classifier_of_sentence_transformers(folder: Path) -> Path:
    """Write a converted reranker as sentence-transformers 6 saves it: one module, the Transformer."""
    sequence_classifier(folder)
    module = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.models.Transformer"}
    write_json(folder / "modules.json", [module])
    return folder


def embedder_with_a_score(folder: Path) -> Path:
    """Write an embedding model's folder whose weights hold a classifier's head."""
    build_checkpoint(folder)
    add_tensors(folder, {"score.weight": torch.ones(1, 64)})
    return folder


def cross_encoder_with_an_embedder_s_modules(folder: Path) -> Path:
    """Write an embedding model's folder that calls itself a CrossEncoder."""
    build_checkpoint(folder)
    edit(folder / "config_sentence_transformers.json", model_type="CrossEncoder")
    return folder


def token_classifier(folder: Path) -> Path:
    """Write a model that labels tokens."""
    return save(folder, Qwen3ForTokenClassification, num_labels=3)


RERANKERS: dict[str, Callable[[Path], Path]] = {
    "sentence-transformers": reranker_of_sentence_transformers,
    "1_LogitScore": with_file(
        "modules.json", [{"type": "sentence_transformers.cross_encoder.modules.LogitScore", "path": "1_LogitScore"}]
    ),
    "CrossEncoder": with_file("config_sentence_transformers.json", {"model_type": "CrossEncoder"}),
    "CrossEncoder with Pooling": cross_encoder_with_an_embedder_s_modules,
    "text-generation": with_file("sentence_bert_config.json", {"transformer_task": "text-generation"}),
    "chat_template.jinja": with_file("chat_template.jinja", RERANKER_TEMPLATE),
    "chat_template.jinja, a pair": with_file("chat_template.jinja", PAIR_TEMPLATE),
    "chat_template.json": with_file("chat_template.json", {"chat_template": RERANKER_TEMPLATE}),
    "tokenizer_config.json": with_value("tokenizer_config.json", chat_template=PAIR_TEMPLATE),
    "README.md, its tag": with_file("README.md", "---\nlicense: x\npipeline_tag: text-ranking\n---\n# Model\n"),
    "README.md, its heading": with_file("README.md", "# Qwen3-Reranker-0.6B\n\nText.\n"),
    "the folder's name": named("Qwen3-Reranker-0.6B"),
    "the base's name": with_value("config.json", _name_or_path="/models/Qwen3-Reranker-4B/"),
    "score.weight": sequence_classifier,
    "score.weight and one module": sequence_classifier_of_sentence_transformers,
    "score.weight and Pooling": embedder_with_a_score,
    "architectures": with_value("config.json", architectures=["Qwen3ForSequenceClassification"]),
}
LANGUAGE_MODELS: dict[str, Callable[[Path], Path]] = {
    "tied": language_model,
    "untied": untied_language_model,
    "no architectures": language_model_without_architectures,
}


def edit(path: Path, **changes: Any) -> None:
    """Change values of a JSON file."""
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **changes})


def add_tensors(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Add tensors to model.safetensors."""
    path = folder / "model.safetensors"
    save_file({**load_file(path), **tensors}, path, metadata={"format": "pt"})
