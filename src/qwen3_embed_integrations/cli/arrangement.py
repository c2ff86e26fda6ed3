"""How each command lists its options: the ten that most people need, short flags, panels, defaults of its own.

Only the order of the help is decided here. An option that no panel names is listed under "More options".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from qwen3_embed_integrations.core.catalog import TINY

SHORT_FLAGS: Mapping[str, str] = {"model": "-m", "top_k": "-k", "dimension": "-d", "output": "-o"}

FLAG_NAMES: Mapping[str, str] = {"as_json": "--json", "weights_dtype": "--dtype"}
"""Flags that are not their field's name with hyphens: pydantic's own methods occupy the name `json`, and `dtype` is an
option of the encoder that an export leaves out."""

PANELS: Mapping[str, tuple[str, ...]] = {
    "Documents and passages": (
        *("hybrid", "rerank", "always_answer", "min_score", "per_file", "mmr", "context", "watch", "reindex"),
        *("skip_unreadable", "show_prompt"),
    ),
    "Answers by a language model": ("llm", "llm_url", "llm_model", "llm_key_env"),
    "Training": (
        *("dev_share", "loss", "teacher", "max_tokens", "embedding_learning_rate", "warmup", "temperature", "margin"),
        *("evaluations", "patience", "seed", "fresh"),
    ),
    "LoRA": ("lora_alpha", "lora_dropout", "lora_targets", "keep_adapter"),
    "Hard negatives": ("mine_negatives", "mine_margin"),
    "Shards and workers": (
        *(
            "output_format",
            "keep_text",
            "to",
            "shard_records",
            "executor",
            "workers",
            "devices",
            "ray_address",
            "quiet",
        ),
    ),
    "Requests and limits": (
        *("allowed_hosts", "insecure", "allow_token_ids", "max_body_mb", "max_request_texts", "max_request_tokens"),
        *("max_queued_requests", "max_queued_mb", "answer_timeout_s", "read_timeout_s", "drain_s"),
    ),
    "Model and device": (
        *("revision", "cache_folder", "local_files_only", "device", "dtype", "plan", "pooling", "runtime"),
        "provider",
    ),
    "Server": (
        *("backend", "base_url", "engine", "served_model", "api_key_env", "append_end_token", "send_token_ids"),
        *("server_dimensions", "tokenizer", "max_batch_texts", "max_concurrency", "max_retries", "timeout_s"),
        *("deadline_s",),
    ),
    "Texts": ("document_task", "max_length", "on_overflow"),
    "Speed, memory and cache": (
        *("mini_batch_tokens", "gradient_checkpointing", "bf16", "max_batch_tokens", "max_waiting_calls"),
        *("cache_path", "cache_max_mb", "show_progress"),
    ),
}
"""Titles, in the order of the help, and the options below them."""


@dataclass(frozen=True)
class Arrangement:
    """How one command lists its options.

    Attributes:
        common: The options of the first panel, at most ten, in this order.
        defaults: Defaults other than the models' own, as they would be typed.
        left_out: Titles of panels whose options mean nothing to this command, and names of such options.
        implied: Option → (another option, its value): giving the first sets the second, unless that is given too.
    """

    common: tuple[str, ...]
    defaults: Mapping[str, str] = field(default_factory=lambda: {"model": TINY})
    left_out: Collection[str] = ()
    implied: Mapping[str, tuple[str, str]] = field(default_factory=dict)


COMMANDS: Mapping[str, Arrangement] = {
    "rag": Arrangement(
        ("ask", "docs", "model", "top_k", "task", "dimension", "index", "llm", "device", "json"),
    ),
    "calibrate": Arrangement(
        ("questions", "unanswerable", "target_miss", "docs", "model", "rerank", "index", "task", "device", "as_json"),
        left_out=(
            *("ask", "always_answer", "min_score", "per_file", "mmr", "context", "watch", "show_prompt", "json"),
            "Answers by a language model",
        ),
    ),
    "chunk-study": Arrangement(
        ("questions", "sizes", "overlap", "headers", "by", "context_tokens", "model", "task", "plot", "as_json"),
    ),
    "similarity": Arrangement(("query", "model", "task", "dimension", "device", "plot", "as_json")),
    "eval": Arrangement(
        ("pairs", "queries", "documents", "judgements", "model", "task", "dimensions", "plot", "markdown", "as_json"),
    ),
    "train": Arrangement(
        (
            *("data", "output", "model", "task", "dev", "dimensions", "epochs", "batch_size", "learning_rate"),
            "lora_rank",
        ),
        left_out=(
            *(
                "Server",
                "runtime",
                "provider",
                "dtype",
                "plan",
                "pooling",
                "dimension",
                "max_length",
                "on_overflow",
                "max_batch_tokens",
            ),
            *("max_waiting_calls", "cache_path", "cache_max_mb", "show_progress"),
        ),
    ),
    "doctor": Arrangement(
        ("base_url", "model", "engine", "rerank_engine", "local", "device", "dtype", "as_json"),
        defaults={},
        implied={"base_url": ("backend", "remote")},
    ),
    "export": Arrangement(
        ("model", "output", "weights_dtype", "check", "check_texts", "revision", "cache_folder", "local_files_only"),
        left_out=(
            *("Server", "device", "dtype", "plan", "runtime", "provider", "dimension", "task", "document_task"),
            *("max_length", "on_overflow", "max_batch_tokens", "max_waiting_calls", "cache_path", "cache_max_mb"),
            "show_progress",
        ),
    ),
    "embed": Arrangement(
        ("output", "text_column", "id_column", "role", "model", "task", "dimension", "precision", "device", "as_json"),
        left_out=("on_overflow", "show_progress"),
    ),
    "serve": Arrangement(
        ("model", "rerank", "also", "host", "port", "keys_env", "dimension", "task", "device", "dtype"),
        left_out=("on_overflow", "show_progress"),
    ),
    "models": Arrangement(("cache_folder", "as_json"), defaults={}),
}
