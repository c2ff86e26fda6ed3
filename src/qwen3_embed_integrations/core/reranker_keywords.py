"""Keywords of the rerankers that this package replaces: what each means here, or why it is refused.

A user swaps sentence-transformers' `CrossEncoder`, LangChain's `HuggingFaceCrossEncoder`, LlamaIndex's
`SentenceTransformerRerank` or Haystack's similarity rankers by changing one line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from .catalog import canonical_reranker
from .errors import ConfigError
from .stock_keywords import (
    CODE,
    NONE,
    TOKENIZER_KWARGS,
    Meaning,
    dtype_of,
    nested,
    no_effect,
    only,
    renamed,
    translated,
    with_name,
)

_TEMPLATE = re.compile(r"(?:.*<\|im_start\|>user\n)?<Instruct>:\s*(?P<instruction>.+?)\s*\n<Query>:\s*", re.DOTALL)
_BUILT_IN = "Qwen3-Reranker's chat template is built in."


def translate_reranker_keywords(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options under the names of RerankerConfig; names that nobody knows are kept as they are.

    Raises:
        ConfigError: A keyword and the option that it means differ, or its value is refused.
    """
    return translated(options, _MEANINGS, _is_same)


def with_reranker(model: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords to which a reranker's name by position is added.

    Raises:
        ConfigError: The keywords name another model.
    """
    return with_name(translate_reranker_keywords(options), model, _is_same)


def _is_same(option: str, one: Any, other: Any) -> bool:
    if option == "model" and isinstance(one, str) and isinstance(other, str):
        return canonical_reranker(one) == canonical_reranker(other)
    return bool(one == other)


def _activation(name: str, value: Any) -> dict[str, Any]:
    """The keyword is what a score passes through: only a sigmoid is."""
    kind = value if isinstance(value, type) else type(value)
    if value is None or kind.__name__ == "Sigmoid":
        return {}
    raise ConfigError(
        f'{name}={kind.__name__}: scores are P(relevant), or logits with scale="logit" (Haystack: scale_score=False). '
        "Leave it out."
    )


def _query_prefix(name: str, value: Any) -> dict[str, Any]:
    """The keyword is what stands in front of a query; the instruction is taken out of the official template."""
    if not value:
        return {}
    template = _TEMPLATE.fullmatch(value)
    if template is None:
        raise ConfigError(f'{name}={value!r}: {_BUILT_IN} Give the instruction alone: instruction="Given a …".')
    return {"instruction": template["instruction"]}


def _surrounding(text: str, name: str, value: Any) -> dict[str, Any]:
    """The keyword is another part of the template, which stands around a text anyway."""
    if not value or value.strip() == text.strip():
        return {}
    raise ConfigError(f"{name}={value!r}: {_BUILT_IN} Leave it out.")


def _prompts(name: str, value: Mapping[str, str] | None) -> dict[str, Any]:
    """The keyword holds instructions by name, of which CrossEncoder takes one."""
    if value and set(value) != {"query"}:
        raise ConfigError(f'{name} names {sorted(value)}, expected "query" alone. Give instruction="…" instead.')
    return {"instruction": value["query"]} if value else {}


_SCORES = "scores are one number a document, P(relevant) or its logit."

_MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "model_name": partial(renamed, "model"),
        "model_name_or_path": partial(renamed, "model"),
        "max_seq_length": partial(renamed, "max_length"),
        "max_length": partial(renamed, "max_length"),
        "cache_dir": partial(renamed, "cache_folder"),
        "device": partial(renamed, "device"),
        "dtype": dtype_of,
        "torch_dtype": dtype_of,
        "show_progress_bar": partial(renamed, "show_progress"),
        "prompts": _prompts,
        "default_prompt_name": partial(only, ("query", None), "the instruction is the one prompt of a reranker."),
        "query_prefix": _query_prefix,
        "query_suffix": partial(_surrounding, "\n"),
        "document_prefix": partial(_surrounding, "<Document>:"),
        "document_suffix": partial(_surrounding, "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>"),
        "activation_fn": _activation,
        "default_activation_function": _activation,
        "num_labels": partial(only, (1, None), _SCORES),
        "calibration_factor": partial(only, (1, None), "logits are not scaled; P(relevant) is their sigmoid."),
        "trust_remote_code": CODE,
        "batch_size": no_effect,
        "model_card_data": no_effect,
        "keep_in_fp32_modules": no_effect,
        "modules": NONE,
        "model_kwargs": partial(nested, lambda: _MODEL_KWARGS),
        "automodel_args": partial(nested, lambda: _MODEL_KWARGS),
        "cross_encoder_kwargs": partial(nested, lambda: _MODEL_KWARGS),
        "config_kwargs": partial(nested, lambda: {"trust_remote_code": CODE}),
        "tokenizer_kwargs": partial(nested, lambda: TOKENIZER_KWARGS),
        "processor_kwargs": partial(nested, lambda: TOKENIZER_KWARGS),
    }
)
"""The one table of stock keywords of rerankers."""

_SHARED = (
    "device",
    "dtype",
    "torch_dtype",
    "trust_remote_code",
    "max_length",
    "activation_fn",
    "cache_dir",
    "num_labels",
)
_MODEL_KWARGS: Mapping[str, Meaning] = MappingProxyType(
    {
        **{name: _MEANINGS[name] for name in (*_SHARED, "prompts", "model_kwargs", "tokenizer_kwargs")},
        **{
            name: partial(renamed, name)
            for name in ("revision", "cache_folder", "local_files_only", "token", "backend")
        },
        "attn_implementation": no_effect,
        "low_cpu_mem_usage": no_effect,
        "use_safetensors": partial(only, (True, None), "weights are read from safetensors alone."),
    }
)
