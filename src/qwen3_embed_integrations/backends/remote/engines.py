"""How the engines differ: path, model names, limits. A new engine is a new entry of the table.

Sources: text-embeddings-inference's README and OpenAPI description, vLLM's and SGLang's documentation of the
embeddings API, Ollama's docs/api.md, tools/server/README.md of llama.cpp, DashScope's and Vercel's API references.
docs/remote.md shows the table and says which engines were tested with a real server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from qwen3_embed_integrations.core.catalog import MODELS
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.options import Engine

Dialect = Literal["openai", "tei", "ollama"]
"""The three formats of a request and its answer."""


@dataclass(frozen=True)
class Profile:
    """The properties of one engine.

    Attributes:
        dialect: Format of request and answer.
        path: Path of the embeddings endpoint.
        max_texts: Texts of one request.
        max_tokens: Tokens of one request, all texts together.
        base64: The server can send embeddings as base64, a third of the bytes.
        dimensions: The server can truncate embeddings.
        token_ids: The server takes token ids in place of text: exact, and no text can spell a control token.
            None: it may; token ids are sent only if `send_token_ids` asks for them.
        cuts: A request can tell the server whether to truncate a long text.
        appends_end_token: The server appends the end token.
        names: The engine's names for the published models.
    """

    dialect: Dialect = "openai"
    path: str = "/v1/embeddings"
    max_texts: int = 32
    max_tokens: int = 16384
    base64: bool = False
    dimensions: bool = True
    token_ids: bool | None = False
    cuts: bool = False
    appends_end_token: bool = True
    names: Mapping[str, str] = field(default_factory=dict)


def _named(pattern: str) -> Mapping[str, str]:
    return {published.repo_id: pattern.format(published.name.lower()) for published in MODELS.values()}


_TEI = Profile(dialect="tei", path="/embed", cuts=True)

PROFILES: Mapping[Engine, Profile] = MappingProxyType(
    {
        "openai": Profile(token_ids=None),
        "tei": _TEI,  # --max-client-batch-size is 32 unless set
        "hf-endpoint": _TEI,  # endpoints of the hub run text-embeddings-inference
        "vllm": Profile(max_texts=64, base64=True, token_ids=True, cuts=True),
        "sglang": Profile(max_texts=64, token_ids=True),
        "ollama": Profile(dialect="ollama", path="/api/embed", cuts=True, names=_named("qwen3-embedding:{}")),
        "llama.cpp": Profile(base64=True, dimensions=False, token_ids=True),
        "dashscope": Profile(max_texts=10),  # embeddings of one call
        "vercel": Profile(names=_named("alibaba/qwen3-embedding-{}")),
    }
)
"""The profile of each engine."""


@dataclass(frozen=True)
class Target:
    """One server and how to talk to it under one config.

    Attributes:
        url: Full address of the embeddings endpoint.
        model: The model's name on the server.
        profile: Properties of its engine.
        append_end_token: Whether to append the end token to each text.
        send_token_ids: Whether to send token ids; None: if the tokenizer is on this machine.
    """

    url: str
    model: str
    profile: Profile
    append_end_token: bool
    send_token_ids: bool | None


def target_of(config: EncoderConfig) -> Target:
    """Return the server of `config`.

    Raises:
        ConfigError: The engine does not support an option.
    """
    profile = PROFILES[config.engine]
    for option, able in (("server_dimensions", profile.dimensions), ("send_token_ids", profile.token_ids)):
        if getattr(config, option) and able is False:
            raise ConfigError(f"engine={config.engine!r} does not support {option}=True. Leave it out.")
    append, send = config.append_end_token, config.send_token_ids
    return Target(
        url=request_url(config.base_url or "", profile.path),
        model=config.served_model or profile.names.get(config.model, config.model),
        profile=profile,
        append_end_token=not profile.appends_end_token if append is None else append,
        send_token_ids=send if send is not None else (None if profile.token_ids else False),
    )


def request_url(base_url: str, path: str) -> str:
    """Return the address of the endpoint: `base_url` may end before `/v1`, after it, or with the whole path.

    Example:
        >>> request_url("http://localhost:8000/v1", "/v1/embeddings")
        'http://localhost:8000/v1/embeddings'
    """
    if base_url.endswith(path):
        return base_url
    version = path[: path.index("/", 1)] if path.startswith("/v") else ""
    return base_url.removesuffix("/v1").removesuffix(version) + path
