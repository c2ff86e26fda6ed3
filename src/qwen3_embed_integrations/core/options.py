"""How an option is declared: its default, help, and what it decides."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Scope = Literal["model", "space", "call"]
"""What an option decides: which weights are loaded, which vectors come out, or only how a call runs."""

Engine = Literal["openai", "tei", "vllm", "sglang", "ollama", "llama.cpp", "hf-endpoint", "dashscope", "vercel"]
"""The servers whose ways are known; `backends.remote.profiles` says how each one differs."""


OFF = False  # named, because a bare False in a call says nothing


def option(default: Any, help_text: str, scope: Scope, *, portable: bool = True, **constraints: Any) -> Any:
    """Declares an option; one that is not portable belongs to a machine, and no store of vectors keeps it."""
    extra: Any = {"scope": scope, "portable": portable}
    return Field(default, description=help_text, json_schema_extra=extra, **constraints)


def declared(config: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Gives the scope and portability of each option of a config, by its name."""
    return {
        name: field.json_schema_extra
        for name, field in config.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
    }
