"""The options of RerankerConfig as a TypedDict. Written by tools/encoder_options.py: do not edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from pydantic import SecretStr

from .options import RerankEngine
from .stock_options import StockRerankerOptions


class CommonRerankerOptions(TypedDict, total=False):
    """The options whose type is the same in every integration; `RerankerConfig` says what each one does."""

    model: str
    revision: str | None
    cache_folder: str | None
    local_files_only: bool
    dtype: Literal["auto", "float32", "bfloat16", "float16", "int8"]
    plan: str
    max_batch_tokens: int | None
    backend: str
    runtime: Literal["onnxruntime", "openvino"]
    provider: str | None
    base_url: str | None
    engine: RerankEngine
    served_model: str | None
    api_key_env: str | None
    tokenizer: str | None
    max_batch_texts: int | None
    max_concurrency: int
    max_retries: int
    timeout_s: float
    deadline_s: float
    instruction: str | None
    max_length: int
    on_overflow: Literal["truncate", "error"]
    max_waiting_calls: int
    cache_path: str | None
    cache_max_mb: int
    show_progress: bool


class RerankerOptions(CommonRerankerOptions, total=False):
    """Every option of `RerankerConfig`, as its keyword arguments."""

    device: str | Sequence[str]
    token: str | SecretStr | None


class RerankerKeywords(RerankerOptions, StockRerankerOptions, total=False):
    """What constructors accept: the options, and the keywords of the classes that they replace."""
