"""The options of EncoderConfig as a TypedDict. Written by tools/encoder_options.py: do not edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from pydantic import SecretStr

from .options import Engine
from .stock_options import StockOptions


class CommonOptions(TypedDict, total=False):
    """The options whose type is the same in every integration; `EncoderConfig` says what each one does."""

    model: str
    revision: str | None
    cache_folder: str | None
    local_files_only: bool
    dtype: Literal["auto", "float32", "bfloat16", "float16", "int8"]
    plan: str
    pooling: Literal["lasttoken", "mean", "cls", "max"] | None
    max_batch_tokens: int | None
    backend: str
    runtime: Literal["onnxruntime", "openvino"]
    provider: str | None
    base_url: str | None
    engine: Engine
    served_model: str | None
    api_key_env: str | None
    append_end_token: bool | None
    send_token_ids: bool | None
    server_dimensions: bool
    tokenizer: str | None
    max_batch_texts: int | None
    max_concurrency: int
    max_retries: int
    timeout_s: float
    deadline_s: float
    dimension: int | None
    document_task: str | None
    task: str | None
    max_length: int
    on_overflow: Literal["truncate", "error"]
    max_waiting_calls: int
    cache_path: str | None
    cache_max_mb: int
    show_progress: bool


class EncoderOptions(CommonOptions, total=False):
    """Every option of `EncoderConfig`, as its keyword arguments."""

    device: str | Sequence[str]
    token: str | SecretStr | None


class EncoderKeywords(EncoderOptions, StockOptions, total=False):
    """What constructors accept: the options, and the keywords of the classes that they replace."""
