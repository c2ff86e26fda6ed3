"""How an option is declared, and the values that are not known before other packages are asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Scope = Literal["model", "space", "call"]
"""What an option decides: which weights are loaded, which vectors come out, or only how a call runs."""

Engine = Literal["openai", "tei", "vllm", "sglang", "ollama", "llama.cpp", "hf-endpoint", "dashscope", "vercel"]
"""The servers that are known; `backends.remote.engines` says how each one differs."""

RerankEngine = Literal["vllm", "llama.cpp", "sglang", "infinity", "jina", "cohere", "dashscope", "siliconflow"]
"""The servers that score pairs; `backends.remote.rerank_engines` says how each one differs."""

BACKENDS_GROUP = "qwen3_embed_integrations.backends"
"""The entry point group by which other distributions add backends."""

BUILT_IN_BACKENDS: Mapping[str, str] = MappingProxyType(
    {
        "torch": "qwen3_embed_integrations.backends.torch",
        "onnx": "qwen3_embed_integrations.backends.onnx",
        "remote": "qwen3_embed_integrations.backends.remote",
        "fake": "qwen3_embed_integrations.testing",
    }
)
"""The module of each runtime of this package."""

OFF = False  # named, because a bare False in a call says nothing


def option(default: Any, help_text: str, scope: Scope, *, portable: bool = True, **constraints: Any) -> Any:
    """Declare an option; one that is not portable belongs to a machine and is never stored beside vectors."""
    extra: Any = {"scope": scope, "portable": portable}
    return Field(default, description=help_text, json_schema_extra=extra, **constraints)


def declared(config: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Return the scope and portability of each option of a config, by its name."""
    return {
        name: field.json_schema_extra
        for name, field in config.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
    }


def backend_entry_points() -> dict[str, EntryPoint]:
    """Return the backends that other distributions add, by name."""
    from importlib.metadata import entry_points  # 30 ms that only a backend of another package needs

    return {point.name: point for point in entry_points(group=BACKENDS_GROUP)}
