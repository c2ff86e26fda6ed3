"""Write the finished model in sentence-transformers' format: weights or adapter, prompts, pooling, tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from qwen3_embed_integrations.backends.torch.lora import merge_adapter
from qwen3_embed_integrations.checkpoints.checkpoint import ADAPTER_FILE, Checkpoint

from .model import load_model
from .plan import TrainingPlan


def export(model: SentenceTransformer, made: TrainingPlan, folder: Path) -> None:
    """Write the trained model to an empty folder; a LoRA is merged into the base's weights unless it is kept."""
    options, base = made.options, made.base
    if options.lora_rank and not options.keep_adapter:
        adapter = folder.with_name("adapter")
        _save(model, adapter, base)
        model.cpu()
        model = load_model(base, made.prompting, torch.device("cpu"))
        transformer: Any = model[0]
        transformer.model = merge_adapter(transformer.model, adapter)
    _save(model, folder, base)
    if options.keep_adapter:
        revision = base.model_info.revision or None
        _change(
            folder / ADAPTER_FILE,
            base_model_name_or_path=made.config.model if revision else str(base.folder),
            revision=revision,
            inference_mode=True,
        )


def _save(model: SentenceTransformer, folder: Path, base: Checkpoint) -> None:
    model.save_pretrained(str(folder), create_model_card=False)
    _change(folder / "sentence_bert_config.json", max_seq_length=base.model_info.max_seq_length)


def _change(path: Path, **values: Any) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**stored, **values}, indent=2) + "\n", encoding="utf-8")
