"""EncoderConfig: the one place where an option is declared.

Integrations, stored configs, pipelines and the command line derive their options from here.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Self, Unpack

from pydantic import SecretStr, field_validator

from .catalog import MIN_DIMENSION, canonical_model
from .consent import restoring
from .encoder_options import EncoderKeywords
from .execution_plan import parse_pins
from .options import OFF, Engine, Scope, declared, option
from .prompts import find_task
from .server_options import ServerOptions
from .stock_keywords import translate_stock_keywords

DEFAULT_MAX_LENGTH = 8192
"""Tokens; what every official example uses. A checkpoint that takes less lowers it."""


class EncoderConfig(ServerOptions):
    """Every option of the encoder: frozen, hashable, serialisable.

    Example:
        >>> EncoderConfig(model="tiny", dimension=128).dimension
        128

    Raises:
        ConfigError: An unknown option (the nearest known name is given), a wrong type, a value out of range.
    """

    model: str = option(
        "Qwen/Qwen3-Embedding-0.6B",
        'Short name ("0.6B", "4B", "8B", "tiny"), hub name, local model or LoRA adapter folder, or GGUF file.',
        "model",
        min_length=1,
    )
    revision: str | None = option(None, "Branch, tag or commit of a hub model.", "model")
    cache_folder: str | None = option(
        None, "Where hub models are kept; None: the hub library's own.", "model", portable=False
    )
    token: SecretStr | None = option(
        None,
        "Access token of the hub; never stored or pickled. None: the hub library's own login.",
        "model",
        portable=False,
        exclude=True,
    )
    local_files_only: bool = option(OFF, "Never contact the hub; use what is in the cache.", "model", portable=False)
    device: str = option(
        "auto",
        '"auto", "cpu", "cuda", "cuda:1", "mps", or several GPUs that share the work: "cuda:0,cuda:1", or a list.',
        "model",
        portable=False,
        min_length=1,
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16", "int8"] = option(
        "auto",
        'Weights and arithmetic. "auto": bfloat16 if multiplied in hardware, else float32; smaller if memory is short.',
        "model",
        portable=False,
    )
    plan: str = option(
        "auto", 'How a CPU computes: measured, or pinned as in "matmul=plain streams=1".', "model", portable=False
    )
    pooling: Literal["lasttoken", "mean", "cls", "max"] | None = option(
        None, "How a text's token states become one embedding. None: as the checkpoint says.", "model"
    )
    max_batch_tokens: int | None = option(
        None,
        "Tokens of one forward pass or request. None: 512 to 2048 on CPU, by the plan, 16384 elsewhere.",
        "model",
        portable=False,
        ge=1,
    )
    backend: str = option(
        "torch",
        'What computes: "torch" or "onnx" (an exported model) in this process, "remote" on a server at base_url, '
        '"fake" for tests, or a backend that another package adds.',
        "model",
    )
    runtime: Literal["onnxruntime", "openvino"] = option(
        "onnxruntime", 'What runs the exported graph of backend="onnx".', "model", portable=False
    )
    provider: str | None = option(
        None,
        'Execution provider of ONNX Runtime ("cpu", "cuda", "coreml", "directml" or its full name), or device of '
        "OpenVINO. None: the CPU.",
        "model",
        portable=False,
        min_length=1,
    )
    base_url: str | None = option(None, 'The server, as in "http://127.0.0.1:8080/v1".', "model")
    engine: Engine = option("openai", 'What the server runs; "openai": anything with /v1/embeddings.', "model")
    served_model: str | None = option(
        None, "The model's name on the server. None: the engine's own name for `model`.", "model", min_length=1
    )
    api_key_env: str | None = option(
        None, "Environment variable that holds the server's API key; the key itself is never stored.", "model"
    )
    append_end_token: bool | None = option(
        None, "Whether we append the end token that the server leaves out. None: as the engine needs it.", "model"
    )
    send_token_ids: bool | None = option(
        None,
        "Tokenise here and send token ids. None: where the engine takes them and the model's tokenizer is on hand.",
        "model",
        portable=False,
    )
    server_dimensions: bool = option(
        OFF, "Let the server truncate to `dimension`, where it can.", "model", portable=False
    )
    tokenizer: str | None = option(
        None, "Folder with tokenizer.json of a remote model. None: where the model is.", "model", portable=False
    )
    max_batch_texts: int | None = option(
        None, "Texts of one request. None: as the engine allows.", "model", portable=False, ge=1
    )
    max_concurrency: int = option(8, "Requests under way at once.", "model", portable=False, ge=1)
    max_retries: int = option(6, "Further tries of one request after a fault.", "model", portable=False, ge=0)
    timeout_s: float = option(60.0, "Longest wait for one answer.", "model", portable=False, gt=0, allow_inf_nan=False)
    deadline_s: float = option(
        300.0,
        "Longest wait for one batch of texts, its retries included.",
        "model",
        portable=False,
        gt=0,
        allow_inf_nan=False,
    )
    dimension: int | None = option(
        None,
        "Length of an embedding (Matryoshka), 32 to the model's width. None: full width.",
        "space",
        ge=MIN_DIMENSION,
    )
    document_task: str | None = option(
        None,
        'Task of documents. None: raw, or the query task where that is symmetric. "": raw always.',
        "space",
    )
    task: str | None = option(
        None, "Task of queries: a preset's name or an instruction. None: as the checkpoint says.", "call"
    )
    max_length: int = option(
        DEFAULT_MAX_LENGTH,
        "Longest text in tokens, end token included; up to the model's context.",
        "call",
        ge=2,
    )
    on_overflow: Literal["truncate", "error"] = option(
        "truncate", "A text over max_length: cut it and warn, or raise TextTooLongError.", "call"
    )
    max_waiting_calls: int = option(
        10_000,
        "Calls that may wait for the model at once; one more is an OverloadedError.",
        "call",
        portable=False,
        ge=1,
    )
    cache_path: str | None = option(
        None,
        "File in which embeddings are kept and found again, also by other processes.",
        "call",
        portable=False,
        min_length=1,
    )
    cache_max_mb: int = option(
        1000, "Size of that file; the oldest embeddings are dropped beyond it.", "call", portable=False, ge=1
    )
    show_progress: bool = option(OFF, "Draw a progress bar on standard error.", "call", portable=False)

    def __init__(self, **options: Unpack[EncoderKeywords]) -> None:
        super().__init__(**translate_stock_keywords(options))

    @field_validator("model")
    @classmethod
    def _canonical(cls, model: str) -> str:
        return canonical_model(model)

    @field_validator("task", "document_task")
    @classmethod
    def _known_task(cls, task: str | None) -> str | None:
        if task:
            find_task(task)
        return task

    @field_validator("plan")
    @classmethod
    def _known_pins(cls, plan: str) -> str:
        return plan if parse_pins(plan) else "auto"

    def replace(self, **options: Any) -> Self:
        """Return a copy with some options changed, checked like new ones."""
        return super().replace(**translate_stock_keywords(options))

    def portable(self, *scopes: Scope) -> dict[str, Any]:
        """Return what may be stored beside vectors, as JSON types: no option of this machine, no secret.

        Defaults are spelled out, so that a later version cannot change what was stored; None is left out.

        Args:
            *scopes: Only the options that decide these; none: all.
        """
        names = {
            name
            for name, extra in declared(EncoderConfig).items()
            if extra["portable"] and (not scopes or extra["scope"] in scopes)
        }
        return self.model_dump(mode="json", include=names, exclude_none=True)

    def plain(self) -> EncoderConfig:
        """Return these options as a plain EncoderConfig; an integration that extends this class is one itself."""
        kept = self.model_fields_set & EncoderConfig.model_fields.keys()
        with restoring():
            return EncoderConfig(**{name: getattr(self, name) for name in kept})

    @cached_property
    def model_key(self) -> tuple[Any, ...]:
        """What decides which weights are loaded: configs with equal keys share one model."""
        return tuple(getattr(self, name) for name in options_of_scope("model"))


def options_of_scope(scope: Scope) -> tuple[str, ...]:
    """Return the names of the options that decide `scope`."""
    return tuple(name for name, extra in declared(EncoderConfig).items() if extra["scope"] == scope)
