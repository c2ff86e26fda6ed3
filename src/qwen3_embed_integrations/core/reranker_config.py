"""RerankerConfig: the options of a reranker. Those that an encoder has too are declared in EncoderConfig."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any, Literal, Self, Unpack

from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo

from .catalog import canonical_reranker
from .config import EncoderConfig
from .consent import restoring
from .options import RerankEngine, option
from .prompts import DEFAULT_TASK, TASKS
from .reranker_keywords import translate_reranker_keywords
from .reranker_options import RerankerKeywords
from .server_options import ServerOptions

_RUNTIME_ONLY = {"pooling": "lasttoken"}
"""The options of the runtime that every reranker has: it reads the state of the last token."""


def _shared(name: str) -> Any:
    """Return the declaration of an option of EncoderConfig: default, help, scope and constraints."""
    field: FieldInfo = copy.copy(EncoderConfig.model_fields[name])
    return field


class RerankerConfig(ServerOptions):
    """Every option of a reranker: frozen, hashable, serialisable.

    Example:
        >>> RerankerConfig(model="4B", max_length=1024).model
        'Qwen/Qwen3-Reranker-4B'

    Raises:
        ConfigError: An unknown option (the nearest known name is given), a wrong type, a value out of range.
    """

    model: str = option(
        "Qwen/Qwen3-Reranker-0.6B",
        'Short name ("0.6B", "4B", "8B"), hub name, or a local model or LoRA adapter folder.',
        "model",
        min_length=1,
    )
    revision: str | None = _shared("revision")
    cache_folder: str | None = _shared("cache_folder")
    token: SecretStr | None = _shared("token")
    local_files_only: bool = _shared("local_files_only")
    device: str = _shared("device")
    dtype: Literal["auto", "float32", "bfloat16", "float16", "int8"] = _shared("dtype")
    plan: str = _shared("plan")
    max_batch_tokens: int | None = _shared("max_batch_tokens")
    backend: str = _shared("backend")
    runtime: Literal["onnxruntime", "openvino"] = _shared("runtime")
    provider: str | None = _shared("provider")
    base_url: str | None = _shared("base_url")
    engine: RerankEngine = option("vllm", "What the server runs.", "model")
    served_model: str | None = _shared("served_model")
    api_key_env: str | None = _shared("api_key_env")
    tokenizer: str | None = _shared("tokenizer")
    max_batch_texts: int | None = _shared("max_batch_texts")
    max_concurrency: int = _shared("max_concurrency")
    max_retries: int = _shared("max_retries")
    timeout_s: float = _shared("timeout_s")
    deadline_s: float = _shared("deadline_s")
    instruction: str | None = option(
        None,
        "What makes a document relevant: an instruction, or the name of a task preset. None: the checkpoint's own, "
        "else that of web search.",
        "call",
    )
    max_length: int = option(
        EncoderConfig.model_fields["max_length"].default,
        "Longest pair in tokens, the chat template included; up to the model's context.",
        "call",
        ge=2,
    )
    on_overflow: Literal["truncate", "error"] = option(
        "truncate",
        "A pair over max_length: cut the document's end and warn, or raise TextTooLongError.",
        "call",
    )
    max_waiting_calls: int = _shared("max_waiting_calls")
    cache_path: str | None = _shared("cache_path")
    cache_max_mb: int = _shared("cache_max_mb")
    show_progress: bool = _shared("show_progress")

    def __init__(self, **options: Unpack[RerankerKeywords]) -> None:
        super().__init__(**translate_reranker_keywords(options))

    @field_validator("model")
    @classmethod
    def _canonical(cls, model: str) -> str:
        return canonical_reranker(model)

    def replace(self, **options: Any) -> Self:
        """Return a copy with some options changed, checked like new ones."""
        return super().replace(**translate_reranker_keywords(options))

    def plain(self) -> RerankerConfig:
        """Return these options as a plain RerankerConfig; an integration that extends this class is one itself."""
        kept = self.model_fields_set & RerankerConfig.model_fields.keys()
        with restoring():
            return RerankerConfig(**{name: getattr(self, name) for name in kept})

    @cached_property
    def runtime_config(self) -> RerankerRuntimeConfig:
        """The options that decide which weights are loaded, as the runtimes read them."""
        shared = RerankerConfig.model_fields.keys() & EncoderConfig.model_fields.keys()
        options: Any = {name: getattr(self, name) for name in shared} | _RUNTIME_ONLY
        with restoring():  # a config made from a stored one names no server
            return RerankerRuntimeConfig(**options)


class BestFirstKeywords(RerankerKeywords, total=False):
    """The keywords of an integration that returns the best documents."""

    top_n: int | None
    min_score: float | None


class BestFirstConfig(RerankerConfig):
    """The options of an integration that returns the best documents: a reranker's, and how many and how good."""

    top_n: int | None = Field(default=3, ge=1, description="Documents or nodes to return; None for all.")
    min_score: float | None = Field(
        default=None, allow_inf_nan=False, description="Return only those with at least this P(relevant)."
    )


def _own(name: str) -> Any:
    """Return the declaration of an option of RerankerConfig."""
    return copy.copy(RerankerConfig.model_fields[name])


class RerankerRuntimeConfig(EncoderConfig):
    """Options under which a runtime opens a checkpoint as a reranker and computes scores instead of embeddings."""

    engine: RerankEngine = _own("engine")  # type: ignore[assignment]  # other servers score pairs than embed texts

    @cached_property
    def model_key(self) -> tuple[Any, ...]:
        """What decides which weights are loaded; never that of an encoder, even of the same folder."""
        return ("reranker", *super().model_key)


def instruction_text(instruction: str) -> str:
    """Return the instruction of a task preset, or an instruction unchanged."""
    return TASKS[instruction].instruction if instruction in TASKS else instruction


DEFAULT_INSTRUCTION = TASKS[DEFAULT_TASK].instruction
"""The instruction of the model card's example."""
