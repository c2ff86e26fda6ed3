"""What a model folder holds: an embedding model, a reranker, a language model; quantised or not. Read no weights."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import CheckpointError

from .expected_weights import PREFIX
from .files import read_text
from .quantization import quantization_of
from .safetensors_index import StoredTensor
from .sentence_transformers_files import Module, read_model_settings, read_transformer_settings

_MAX_TEXT_BYTES = 4_000_000
_TEMPLATES = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json")
_RERANKER_TEMPLATE = re.compile(r"Judge whether the Document meets the requirements|role\W{1,12}document\b")
"""Qwen3-Reranker's system message, and the roles of a pair that sentence-transformers' templates render."""
_RERANKER_NAME = re.compile(r"rerank|cross-?encoder", re.IGNORECASE)
_EMBEDDER_NAME = re.compile(r"embed", re.IGNORECASE)
_PIPELINE_TAG = re.compile(r"^pipeline_tag:\s*[\"']?([\w-]+)", re.MULTILINE)
_HEADING = re.compile(r"^#\s+(.*)$", re.MULTILINE)
_DECODERS = ("Qwen3Model", "Qwen3ForCausalLM")


class ModelKind(StrEnum):
    """What a checkpoint was trained for."""

    EMBEDDER = "an embedding model"
    CAUSAL_RERANKER = "a reranker"
    SEQUENCE_CLASSIFIER = "a reranker or classifier"
    LANGUAGE_MODEL = "a language model"
    OTHER = "no single-vector embedding model"


@dataclass(frozen=True)
class Evidence:
    """What a folder says of itself before any weight is read.

    Attributes:
        names: Hub or folder names of the model, and of the base model of a LoRA adapter.
        folder: The model folder, or that of the LoRA adapter.
        transformer: The folder of config.json and the weights.
        modules: The modules of modules.json; () if there is none.
        model_config: Content of config.json.
        index: The stored tensors by name.
        adapter: Content of adapter_config.json; {} without a LoRA adapter.
    """

    names: tuple[str, ...]
    folder: Path
    transformer: Path
    modules: tuple[Module, ...]
    model_config: Mapping[str, Any]
    index: Mapping[str, StoredTensor]
    adapter: Mapping[str, Any]

    @property
    def architectures(self) -> tuple[str, ...]:
        """Class names of the model that config.json asks for."""
        return tuple(str(name) for name in self.model_config.get("architectures") or ())


@dataclass(frozen=True)
class Classification:
    """What a folder holds.

    Attributes:
        kind: What the model was trained for.
        because: What shows it, for a message.
        quantization: How the weights are quantised, such as "gptq"; "" for plain floating-point numbers.
        folder: The folder, for a message.
    """

    kind: ModelKind
    because: str
    quantization: str
    folder: Path


_Found = tuple[ModelKind, str] | None


def classify(evidence: Evidence) -> Classification:
    """Return what a folder holds.

    Raises:
        CheckpointError: A file that describes the model is damaged.
    """
    quantization = quantization_of(evidence.transformer, evidence.model_config, evidence.index)
    for rule in (_by_head, _by_sentence_transformers, _by_description, _by_adapter, _by_language_head):
        if found := rule(evidence):
            return Classification(*found, quantization, evidence.folder)
    return Classification(ModelKind.EMBEDDER, "nothing says otherwise", quantization, evidence.folder)


def _by_head(evidence: Evidence) -> _Found:
    """Classify by a head on top of the decoder: its weights, its architecture or the adapter's task."""
    task = evidence.adapter.get("task_type")
    if task in ("SEQ_CLS", "TOKEN_CLS", "QUESTION_ANS", "SEQ_2_SEQ_LM"):
        kind = ModelKind.SEQUENCE_CLASSIFIER if task == "SEQ_CLS" else ModelKind.OTHER
        return kind, f"its adapter_config.json has task_type {task}"
    for name in evidence.architectures:
        if name not in _DECODERS:
            is_classifier = name.endswith("ForSequenceClassification")
            kind = ModelKind.SEQUENCE_CLASSIFIER if is_classifier else ModelKind.OTHER
            return kind, f"its config.json has architecture {name[:80]!r}"
    for name in evidence.index:
        head = name.removeprefix(PREFIX).partition(".")[0]
        if head in ("score", "classifier", "classification_head"):
            return ModelKind.SEQUENCE_CLASSIFIER, f"it has a tensor {name[:80]!r}"
        if head in ("qa_outputs", "v_head", "value_head"):
            return ModelKind.OTHER, f"it has a tensor {name[:80]!r}"
    return None


def _by_sentence_transformers(evidence: Evidence) -> _Found:
    """Classify by the files that sentence-transformers writes."""
    settings = read_model_settings(evidence.folder) or read_model_settings(evidence.transformer)
    stored = settings.get("model_type")
    if stored not in (None, "SentenceTransformer"):
        kind = ModelKind.CAUSAL_RERANKER if stored == "CrossEncoder" else ModelKind.OTHER
        return kind, f"its config_sentence_transformers.json has model_type {str(stored)[:80]!r}"
    for module in evidence.modules:
        if "Score" in module.kind:
            return ModelKind.CAUSAL_RERANKER, f"its modules.json has a module {module.kind[:80]!r}"
    task = read_transformer_settings(evidence.transformer).get("transformer_task")
    if task == "text-generation":
        return ModelKind.CAUSAL_RERANKER, f"its sentence_bert_config.json has transformer_task {task!r}"
    if task == "sequence-classification":
        return ModelKind.SEQUENCE_CLASSIFIER, f"its sentence_bert_config.json has transformer_task {task!r}"
    if any(module.kind == "Pooling" for module in evidence.modules):
        return ModelKind.EMBEDDER, "its modules.json has a Pooling"
    return None


def _by_adapter(evidence: Evidence) -> _Found:
    if evidence.adapter and evidence.adapter.get("task_type") != "CAUSAL_LM":
        return ModelKind.EMBEDDER, "its adapter was not trained to generate text"
    return None


def _by_description(evidence: Evidence) -> _Found:
    """Classify by chat template, README and name, where no file of sentence-transformers decides."""
    for name in _TEMPLATES:
        if _RERANKER_TEMPLATE.search(_text(evidence.transformer / name)):
            return ModelKind.CAUSAL_RERANKER, f"its {name} renders a query and a document"
    readme = _text(evidence.folder / "README.md")
    tag, heading = _PIPELINE_TAG.search(readme), _HEADING.search(readme)
    if (tag and tag[1] == "text-ranking") or (heading and _RERANKER_NAME.search(heading[1])):
        return ModelKind.CAUSAL_RERANKER, "its README.md says so"
    if tag and tag[1] in ("feature-extraction", "sentence-similarity"):
        return ModelKind.EMBEDDER, f"its README.md has pipeline_tag {tag[1]}"
    names = [*evidence.names, str(evidence.model_config.get("_name_or_path", ""))]
    last = [name.replace("\\", "/").rstrip("/").rpartition("/")[2] for name in names]
    if any(_RERANKER_NAME.search(name) for name in last):
        return ModelKind.CAUSAL_RERANKER, "its name says so"
    if any(_EMBEDDER_NAME.search(name) for name in last):
        return ModelKind.EMBEDDER, "its name says so"
    return None


def _by_language_head(evidence: Evidence) -> _Found:
    """Classify by what a model that generates text has: its head, or its class in config.json."""
    if read_model_settings(evidence.folder) or read_model_settings(evidence.transformer):
        return None
    if "Qwen3ForCausalLM" in evidence.architectures:
        return (
            ModelKind.LANGUAGE_MODEL,
            "its config.json has architecture 'Qwen3ForCausalLM', and it has no modules.json",
        )
    if "lm_head.weight" in evidence.index:
        return ModelKind.LANGUAGE_MODEL, "it has a tensor 'lm_head.weight', and no modules.json"
    if not evidence.architectures and any(name.startswith(PREFIX) for name in evidence.index):
        return ModelKind.LANGUAGE_MODEL, "its tensors are those of a Qwen3ForCausalLM, and it has no modules.json"
    return None


def _text(path: Path) -> str:
    """Return a file's text, JSON escapes decoded; "" if it is missing or no text."""
    try:
        text = read_text(path, _MAX_TEXT_BYTES)
    except (OSError, UnicodeDecodeError, CheckpointError):
        return ""
    return json.dumps(json.loads(text), ensure_ascii=False).replace('\\"', '"') if _is_json(path, text) else text


def _is_json(path: Path, text: str) -> bool:
    if path.suffix != ".json":
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
