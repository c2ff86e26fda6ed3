"""StockOptions: the keywords of stock classes, for type checkers and editors; stock_keywords.py says what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict


class StockOptions(TypedDict, total=False):
    """Keywords of stock classes that are understood beside the options of `EncoderConfig`."""

    model_name: str
    model_name_or_path: str
    truncate_dim: int | None
    dimensions: int | None
    max_seq_length: int | None
    cache_dir: str | None
    query_instruction: str | None
    text_instruction: str | None
    embed_instruction: str | None
    prefix: str
    suffix: str
    prompts: Mapping[str, str] | None
    normalize: bool
    normalize_embeddings: bool
    precision: str
    trust_remote_code: bool
    batch_size: int
    show_progress_bar: bool | None
    progress_bar: bool
    multi_process: bool
    parallel_process: bool
    model_kwargs: Mapping[str, Any] | None
    encode_kwargs: Mapping[str, Any] | None
    query_encode_kwargs: Mapping[str, Any] | None
    tokenizer_kwargs: Mapping[str, Any] | None
    processor_kwargs: Mapping[str, Any] | None


class StockRerankerOptions(TypedDict, total=False):
    """Keywords of stock classes that are understood beside the options of `RerankerConfig`."""

    model_name: str
    model_name_or_path: str
    cache_dir: str | None
    num_labels: int | None
    max_seq_length: int | None
    activation_fn: Any
    prompts: Mapping[str, str] | None
    default_prompt_name: str | None
    trust_remote_code: bool
    batch_size: int
    show_progress_bar: bool | None
    query_prefix: str
    query_suffix: str
    document_prefix: str
    document_suffix: str
    calibration_factor: float | None
    model_kwargs: Mapping[str, Any] | None
    config_kwargs: Mapping[str, Any] | None
    tokenizer_kwargs: Mapping[str, Any] | None
    processor_kwargs: Mapping[str, Any] | None
