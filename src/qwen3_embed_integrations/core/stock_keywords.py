"""Keywords of the classes that this package replaces: what each means here, or why it is refused.

A user swaps `HuggingFaceEmbeddings`, `HuggingFaceEmbedding`, `SentenceTransformersTextEmbedder`,
`SentenceTransformerEmbeddingFunction` or `SentenceTransformer` by changing one line. A value that would change the
result into something that this package doesn't do is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from .catalog import canonical_model
from .errors import ConfigError
from .option_errors import meaning_of
from .types import Role

Meaning = Callable[[str, Any], dict[str, Any]]
"""(keyword, value) → the options that it means, under the names of EncoderConfig."""

_TEMPLATE = re.compile(r"Instruct:\s*(?P<instruction>.+?)\s*\nQuery:\s*", re.DOTALL)


def translate_stock_keywords(options: Mapping[str, Any], *, prefix_of: Role = "query") -> dict[str, Any]:
    """Return options under the names of EncoderConfig; names that nobody knows are kept as they are.

    Args:
        options: Keywords, of stock classes or of EncoderConfig.
        prefix_of: Which texts `prefix` is for: Haystack's two embedders share the name.

    Raises:
        ConfigError: A keyword and the option that it means differ, or its value is refused.
    """
    prefix = partial(_prompt, "task" if prefix_of == "query" else "document_task")
    found = translated(options, {**_MEANINGS, "prefix": prefix}, is_same)
    if "encode_kwargs" in options and "query_encode_kwargs" not in options and "document_task" in found:
        found.setdefault("task", found["document_task"])  # LangChain's encode_kwargs hold for queries, too
    return found


def translated(
    options: Mapping[str, Any], meanings: Mapping[str, Meaning], same: Callable[[str, Any, Any], bool]
) -> dict[str, Any]:
    """Return options under this package's names; names without a meaning are kept as they are.

    Args:
        options: Keywords.
        meanings: What each stock keyword means.
        same: (option, one value, another) → whether they mean the same.

    Raises:
        ConfigError: A keyword and the option that it means differ, or its value is refused.
    """
    found = {name: value for name, value in options.items() if name not in meanings}
    for name, value in options.items():
        if name not in meanings:
            continue
        for option, meant in meaning_of(meanings[name], name, value).items():
            if option in found and not same(option, found[option], meant):
                raise ConfigError(
                    f"{name}={value!r} and {option}={found[option]!r} are one option. Give one of them, not both."
                )
            found[option] = meant
    return found


def with_model(model: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords to which a model's name by position is added.

    Raises:
        ConfigError: The keywords name another model.
    """
    found = translate_stock_keywords(options)
    return found if model is None else with_name(found, model, is_same)


def with_name(found: dict[str, Any], model: str, same: Callable[[str, Any, Any], bool]) -> dict[str, Any]:
    """Add a model's name by position to translated keywords, and return them.

    Raises:
        ConfigError: The keywords name another model, as `same` compares values of an option.
    """
    if not same("model", found.setdefault("model", model), model):
        raise ConfigError(f"The model is {model!r} by position and {found['model']!r} by keyword. Give one of them.")
    return found


def is_same(option: str, one: Any, other: Any) -> bool:
    """Return whether two values of an option mean the same; a published model has a short name and a hub name."""
    if option == "model" and isinstance(one, str) and isinstance(other, str):
        return canonical_model(one) == canonical_model(other)
    return bool(one == other)


def renamed(option: str, name: str, value: Any) -> dict[str, Any]:
    """The keyword is another name of `option`; None leaves the default."""
    del name
    return {} if value is None else {option: value}


def no_effect(name: str, value: Any) -> dict[str, Any]:
    """The keyword changes no embedding here: batches are planned by tokens, kernels chosen at load."""
    del name, value
    return {}


def only(accepted: tuple[Any, ...], why: str, name: str, value: Any) -> dict[str, Any]:
    """The keyword is accepted with the values that this package does anyway."""
    if value in accepted:
        return {}
    raise ConfigError(f"{name}={value!r}: {why} Leave it out.")


def dtype_of(name: str, value: Any) -> dict[str, Any]:
    """The keyword is a dtype of torch or its name."""
    del name
    return {} if value is None else {"dtype": str(value).removeprefix("torch.")}


def _prompt(option: str, name: str, value: Any) -> dict[str, Any]:
    """The keyword is a whole prompt in front of each text; the instruction is taken out of the official template."""
    if not value:
        return {} if value is None or name == "prefix" else {option: ""}
    template = _TEMPLATE.fullmatch(value)
    if template is None:
        raise ConfigError(
            f"{name}={value!r} is no prompt of Qwen3-Embedding, whose form is 'Instruct: …\\nQuery:'. "
            f'Give the instruction alone: {option}="Given a …, retrieve …".'
        )
    return {option: template["instruction"]}


def _instruction(option: str, name: str, value: Any) -> dict[str, Any]:
    """The keyword is an instruction, with or without the template around it."""
    if isinstance(value, str) and not _TEMPLATE.fullmatch(value):
        return {option: value}
    return _prompt(option, name, value)


def _prompts(name: str, value: Mapping[str, str] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for role, prompt in (value or {}).items():
        if role not in {"query", "document", "passage"}:
            raise ConfigError(f'{name} names {role!r}, expected "query" and "document". Leave the others out.')
        found |= _prompt("task" if role == "query" else "document_task", f"{name}[{role!r}]", prompt)
    return found


def nested(meanings: Callable[[], Mapping[str, Meaning]], name: str, value: Mapping[str, Any] | None) -> dict[str, Any]:
    """The keyword is a dictionary of keywords."""
    found: dict[str, Any] = {}
    known = meanings()
    for key, inner in (value or {}).items():
        if key not in known:
            raise ConfigError(
                f"{name}[{key!r}] is not understood here. Leave it out, or give the option that you mean as a keyword."
            )
        found |= known[key](f"{name}[{key!r}]", inner)
    return found


_UNIT = partial(
    only, (True, None), "embeddings always have unit length here, so that cosine and dot product rank alike."
)
CODE = partial(only, (False, None), "code of a checkpoint is never run here.")
_ONE_PROCESS = partial(only, (False, None), "one model in one process batches the texts of all callers.")
_FLOAT32 = partial(only, ("float32", None), "embeddings are float32 here.")
_NUMPY = partial(only, (True, None), "embeddings are numpy arrays here.")
_SUFFIX = partial(only, ("", None), "the end token is the one thing that follows a text, and it is appended here.")
_SIMILARITY = partial(only, ("cosine", "dot", None), "unit vectors are compared by cosine or dot product.")
_QUERY_PROMPT_NAME = partial(only, ("query", None), "the query prompt is used for queries.")
_DOCUMENT_PROMPT_NAME = partial(only, ("document", "passage", None), "the document prompt is used for documents.")
_TOKENIZER_NAME = partial(only, ("deprecated", None), "the tokenizer is the checkpoint's own.")
NONE = partial(only, (None,), "there is nothing like it here.")

_MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "model_name": partial(renamed, "model"),
        "model_name_or_path": partial(renamed, "model"),
        "truncate_dim": partial(renamed, "dimension"),
        "dimensions": partial(renamed, "dimension"),
        "embedding_dimension": partial(renamed, "dimension"),
        "max_seq_length": partial(renamed, "max_length"),
        "max_length": partial(renamed, "max_length"),
        "cache_dir": partial(renamed, "cache_folder"),
        "device": partial(renamed, "device"),
        "dtype": dtype_of,
        "torch_dtype": dtype_of,
        "query_instruction": partial(_instruction, "task"),
        "text_instruction": partial(_instruction, "document_task"),
        "embed_instruction": partial(_instruction, "document_task"),
        "prompts": _prompts,
        "suffix": _SUFFIX,
        "use_auth_token": lambda _, value: {"token": value} if isinstance(value, str) else {},
        "normalize": _UNIT,
        "normalize_embeddings": _UNIT,
        "precision": _FLOAT32,
        "trust_remote_code": CODE,
        "batch_size": no_effect,
        "show_progress_bar": partial(renamed, "show_progress"),
        "progress_bar": partial(renamed, "show_progress"),
        "multi_process": _ONE_PROCESS,
        "parallel_process": _ONE_PROCESS,
        **dict.fromkeys(("default_prompt_name", "target_devices", "modules", "quantization_ranges"), NONE),
        "tokenizer_name": _TOKENIZER_NAME,
        "tokenizer": lambda name, value: {} if value == "deprecated" else {name: value},  # an option of ours, too
        "similarity_fn_name": _SIMILARITY,
        "model_card_data": no_effect,
        "model_kwargs": partial(nested, lambda: _MODEL_KWARGS),
        "config_kwargs": partial(nested, lambda: _CONFIG_KWARGS),
        "tokenizer_kwargs": partial(nested, lambda: TOKENIZER_KWARGS),
        "processor_kwargs": partial(nested, lambda: TOKENIZER_KWARGS),
        "encode_kwargs": partial(nested, lambda: _encode_kwargs("document_task", _DOCUMENT_PROMPT_NAME)),
        "query_encode_kwargs": partial(nested, lambda: _encode_kwargs("task", _QUERY_PROMPT_NAME)),
    }
)
"""The one table of stock keywords. `prefix` is not in it: its texts depend on the class."""

_MODEL_KWARGS: Mapping[str, Meaning] = MappingProxyType(
    {
        **{name: _MEANINGS[name] for name in ("device", "dtype", "torch_dtype", "trust_remote_code", "truncate_dim")},
        **{
            name: _MEANINGS[name]
            for name in ("cache_dir", "prompts", "model_kwargs", "tokenizer_kwargs", "processor_kwargs")
        },
        **{name: partial(renamed, name) for name in ("revision", "cache_folder", "local_files_only")},
        **{name: partial(renamed, name) for name in ("token", "backend")},
        "attn_implementation": no_effect,
        "low_cpu_mem_usage": no_effect,
        "use_safetensors": partial(only, (True, None), "weights are read from safetensors alone."),
    }
)
_CONFIG_KWARGS: Mapping[str, Meaning] = MappingProxyType({"trust_remote_code": CODE})
TOKENIZER_KWARGS: Mapping[str, Meaning] = MappingProxyType(
    {"padding_side": no_effect, "model_max_length": partial(renamed, "max_length"), "trust_remote_code": CODE}
)


def _encode_kwargs(option: str, prompt_name: Meaning) -> Mapping[str, Meaning]:
    return {
        **{name: _MEANINGS[name] for name in ("normalize_embeddings", "precision", "batch_size", "show_progress_bar")},
        **{name: _MEANINGS[name] for name in ("truncate_dim", "device")},
        "prompt": partial(_prompt, option),
        "prompt_name": prompt_name,
        "convert_to_numpy": _NUMPY,
        "convert_to_tensor": partial(only, (False, None), "embeddings are numpy arrays or lists of floats here."),
    }
