"""EncoderConfig: the one place where an option is declared.

Doors, stored configs, pipelines and the command line derive their options from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from .errors import ConfigError
from .explain import checked_url, checked_variable, explain
from .models import MIN_DIMENSION, canonical_model
from .plan import parse_pins
from .prompts import find_task

DEFAULT_MAX_LENGTH = 8192
"""Tokens; what every official example uses. A checkpoint that takes less lowers it."""

Scope = Literal["model", "space", "call"]
"""What an option decides: which weights are loaded, which vectors come out, or only how a call runs."""

Engine = Literal["openai", "tei", "vllm", "sglang", "ollama", "llama.cpp", "hf-endpoint", "dashscope", "vercel"]
"""The servers whose ways are known; `backends.remote.profiles` says how each one differs."""


_OFF = False  # named, because a bare False in a call says nothing


def _option(default: Any, help_text: str, scope: Scope, *, portable: bool = True, **constraints: Any) -> Any:
    """Declares an option; one that is not portable belongs to a machine, and no store of vectors keeps it."""
    extra: Any = {"scope": scope, "portable": portable}
    return Field(default, description=help_text, json_schema_extra=extra, **constraints)


class EncoderConfig(BaseModel):
    """Every option of the encoder: frozen, hashable, serialisable.

    Example:
        >>> EncoderConfig(model="tiny", dimension=128).dimension
        128

    Raises:
        ConfigError: An unknown option (the nearest known name is given), a wrong type, a value out of range.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
        validate_default=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # it may be a key in the wrong place
    )

    model: str = _option(
        "Qwen/Qwen3-Embedding-0.6B",
        'Short name ("0.6B", "4B", "8B", "tiny"), hub name, or a local model or LoRA adapter folder.',
        "model",
        min_length=1,
    )
    revision: str | None = _option(None, "Branch, tag or commit of a hub model.", "model")
    cache_folder: str | None = _option(
        None, "Where hub models are kept; None: the hub library's own.", "model", portable=False
    )
    token: SecretStr | None = _option(
        None,
        "Access token of the hub; never stored or pickled. None: the hub library's own login.",
        "model",
        portable=False,
        exclude=True,
    )
    local_files_only: bool = _option(_OFF, "Never contact the hub; use what is in the cache.", "model", portable=False)
    device: str = _option("auto", '"auto", "cpu", "cuda", "cuda:1", "mps".', "model", portable=False, min_length=1)
    dtype: Literal["auto", "float32", "bfloat16", "float16", "int8"] = _option(
        "auto",
        'Weights and arithmetic. "auto": bfloat16 where multiplied in hardware (CPU: large models), else float32.',
        "model",
        portable=False,
    )
    plan: str = _option(
        "auto", 'How a CPU computes: measured, or pinned as in "products=plain lanes=1".', "model", portable=False
    )
    pooling: Literal["lasttoken", "mean", "cls", "max"] | None = _option(
        None, "How a text's token states become one row. None: as the checkpoint says.", "model"
    )
    max_batch_tokens: int | None = _option(
        None,
        "Tokens of one forward pass or request. None: 512 to 2048 on CPU, by the plan, 16384 elsewhere.",
        "model",
        portable=False,
        ge=1,
    )
    backend: Literal["torch", "remote"] = _option(
        "torch", "What computes: PyTorch in this process, or a server at base_url.", "model"
    )
    base_url: str | None = _option(None, 'The server, as in "http://127.0.0.1:8080/v1".', "model")
    engine: Engine = _option("openai", 'What the server runs; "openai": anything with /v1/embeddings.', "model")
    served_model: str | None = _option(
        None, "The model's name on the server. None: the engine's own name for `model`.", "model", min_length=1
    )
    api_key_env: str | None = _option(
        None, "Environment variable that holds the server's API key; the key itself is never stored.", "model"
    )
    append_end_token: bool | None = _option(
        None, "Whether we append the end token that the server leaves out. None: as the engine needs it.", "model"
    )
    send_token_ids: bool | None = _option(
        None,
        "Tokenise here and send token ids. None: where the engine takes them and the model's tokenizer is on hand.",
        "model",
        portable=False,
    )
    server_dimensions: bool = _option(
        _OFF, "Let the server truncate to `dimension`, where it can.", "model", portable=False
    )
    tokenizer: str | None = _option(
        None, "Folder with tokenizer.json of a remote model. None: where the model is.", "model", portable=False
    )
    max_batch_texts: int | None = _option(
        None, "Texts of one request. None: as the engine allows.", "model", portable=False, ge=1
    )
    max_concurrency: int = _option(8, "Requests under way at once.", "model", portable=False, ge=1)
    max_retries: int = _option(6, "Further tries of one request after a fault.", "model", portable=False, ge=0)
    timeout_s: float = _option(60.0, "Longest wait for one answer.", "model", portable=False, gt=0, allow_inf_nan=False)
    deadline_s: float = _option(
        300.0,
        "Longest wait for one batch of texts, its retries included.",
        "model",
        portable=False,
        gt=0,
        allow_inf_nan=False,
    )
    dimension: int | None = _option(
        None, "Length of a row (Matryoshka), 32 to the model's width. None: full width.", "space", ge=MIN_DIMENSION
    )
    document_task: str | None = _option(
        None,
        'Task of documents. None: raw, or the query task where that is symmetric. "": raw always.',
        "space",
    )
    task: str | None = _option(
        None, "Task of queries: a preset's name or an instruction. None: as the checkpoint says.", "call"
    )
    max_length: int = _option(
        DEFAULT_MAX_LENGTH,
        "Longest text in tokens, end token included; up to the model's context.",
        "call",
        ge=2,
    )
    on_overflow: Literal["truncate", "error"] = _option(
        "truncate", "A text over max_length: cut it and warn, or raise TextTooLongError.", "call"
    )
    show_progress: bool = _option(_OFF, "Draw a progress bar on standard error.", "call", portable=False)

    def __init__(self, **options: Any) -> None:
        try:
            super().__init__(**options)
        except ValidationError as error:
            raise ConfigError(explain(error, type(self))) from error

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

    @field_validator("base_url")
    @classmethod
    def _plain_url(cls, url: str | None) -> str | None:
        return url if url is None else checked_url(url)

    @field_validator("api_key_env")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        return name if name is None else checked_variable(name)

    @model_validator(mode="after")
    def _knows_its_server(self) -> Self:
        if self.backend == "remote" and not self.base_url:
            raise ValueError('backend="remote" needs base_url="http://…", the address of the server.')
        if self.backend != "remote" and self.base_url:
            raise ValueError(f'base_url is for backend="remote"; backend is {self.backend!r}.')
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles as the stored form: options only, the token left behind."""
        return type(self).from_options, (self.to_options(),)

    def to_options(self) -> dict[str, Any]:
        """Gives the options that differ from their defaults, as JSON types, without secrets."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Gives back the config that `to_options` described."""
        return cls(**options)

    def portable(self, *scopes: Scope) -> dict[str, Any]:
        """Gives what may be stored beside vectors, as JSON types: no option of this machine, no secret.

        Defaults are spelled out, so that a later version cannot change what was stored; None is left out.

        Args:
            *scopes: Only the options that decide these; none: all.
        """
        names = {
            name for name, extra in _extras().items() if extra["portable"] and (not scopes or extra["scope"] in scopes)
        }
        return self.model_dump(mode="json", include=names, exclude_none=True)

    def replace(self, **options: Any) -> Self:
        """Gives a copy with some options changed, checked like new ones."""
        kept = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**kept, **options})

    def plain(self) -> EncoderConfig:
        """Gives these options as a plain EncoderConfig; a door that extends this class is one itself."""
        kept = self.model_fields_set & EncoderConfig.model_fields.keys()
        return EncoderConfig(**{name: getattr(self, name) for name in kept})

    def model_key(self) -> EncoderConfig:
        """Gives the part that decides which weights are loaded: configs with equal keys share one model."""
        return EncoderConfig(**{name: getattr(self, name) for name in options_of_scope("model")})


def options_of_scope(scope: Scope) -> tuple[str, ...]:
    """Gives the names of the options that decide `scope`."""
    return tuple(name for name, extra in _extras().items() if extra["scope"] == scope)


def _extras() -> dict[str, dict[str, Any]]:
    return {
        name: field.json_schema_extra
        for name, field in EncoderConfig.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
    }
