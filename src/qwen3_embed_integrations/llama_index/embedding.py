"""Qwen3Embedding: the encoder as a LlamaIndex embedding model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Self, TypeVar, Unpack

import numpy as np
from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder, load_encoder
from qwen3_embed_integrations.core.consent import rebuild, seal
from qwen3_embed_integrations.core.encoder_options import EncoderKeywords
from qwen3_embed_integrations.core.errors import missing_extra
from qwen3_embed_integrations.core.inputs import checked_storable, checked_texts
from qwen3_embed_integrations.core.stock_keywords import with_model
from qwen3_embed_integrations.core.types import Role

try:
    from llama_index.core.base.embeddings.base import BaseEmbedding, mean_agg
    from llama_index.core.schema import BaseNode
    from llama_index_instrumentation.dispatcher import DISPATCHER_SPAN_DECORATED_ATTR
except ImportError as error:
    raise missing_extra("llama-index-core", "llama-index") from error

from .nodes import checked_nodes
from .role_cache import RoleCache

Embeddings = list[list[float]]
_STORABLE = (
    "Give storable_nodes(nodes), which replaces it: an index writes its nodes in parts (insert_batch_size), so that "
    "nodes of earlier parts are in the store now."
)
_Method = TypeVar("_Method", bound=Callable[..., Any])


def _spanned_by_base(method: _Method) -> _Method:
    """Marks a method whose span the base's own method opens: LlamaIndex would open a second one around it."""
    setattr(method, DISPATCHER_SPAN_DECORATED_ATTR, True)
    return method


class LlamaIndexOptions(EncoderKeywords, total=False):
    """The keywords of `Qwen3Embedding`: the encoder's options and LlamaIndex's own fields."""

    embed_batch_size: int
    callback_manager: Any
    num_workers: int | None
    embeddings_cache: Any
    rate_limiter: Any


class Qwen3Embedding(EncoderConfig, BaseEmbedding):
    """Qwen3-Embedding as a LlamaIndex embedding model, right by default.

    Queries carry their instruction, texts of nodes are raw, embeddings have unit length at every dimension. Every
    option of `EncoderConfig` is a keyword and a field here; `model_name` is another name of `model`.
    Making one is cheap: weights load at the first use and are shared by all integrations of the process. The encoder
    gets the whole input of a call and plans its batches by tokens, so `embed_batch_size` changes nothing.

    Options are fixed once made; `replace(dimension=256)` gives a copy. A pickle holds the options alone:
    token, caches, callbacks and limiters stay behind. A copy shares them.

    Example:
        >>> embedding = Qwen3Embedding(model="tiny", dimension=128)
        >>> len(embedding.get_query_embedding("How do I sort a list?"))
        128

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    model_config = ConfigDict(frozen=False, extra="forbid", protected_namespaces=(), validate_default=True)

    model_name: str = Field(default="", description="LlamaIndex's name for `model`.")
    embeddings_cache: Any = Field(
        default=None,
        description="A BaseKVStore of embeddings; its keys hold the role and the vector space.",
        exclude=True,
    )
    _role: Role = PrivateAttr(default="document")

    def __init__(self, model: str | None = None, /, **options: Unpack[LlamaIndexOptions]) -> None:
        super().__init__(**with_model(model, options))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in EncoderConfig.model_fields or name == "model_name":
            raise ConfigError(f"{name} is fixed: an index may hold vectors of it. Use replace({name}=…).")
        super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self).from_dict, self.to_dict(), seal(self.base_url, self.api_key_env))

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.model_copy()  # options never change, and caches and callbacks are meant to be shared

    @model_validator(mode="after")
    def _mirror_model(self) -> Self:
        self.__dict__["model_name"] = self.model  # not among the fields set, or replace() would give both
        return self

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex stores this class."""
        return "Qwen3Embedding"

    @cached_property
    def encoder(self) -> Qwen3Encoder:
        """The shared encoder behind this integration."""
        return load_encoder(self.plain())

    def to_options(self) -> dict[str, Any]:
        """Return the encoder's options that differ from their defaults, without LlamaIndex's own fields."""
        return self.plain().to_options()

    def to_payload(self) -> dict[str, Any]:
        """Return what instrumentation events show: model, dimension and task, no secrets."""
        shown = ("model_name", "dimension", "task", "document_task")
        return {"class_name": self.class_name(), **{name: getattr(self, name) for name in shown}}

    @_spanned_by_base
    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Return the nodes with their embeddings. InputTypeError: one is no node, such as a `str`."""
        return BaseEmbedding.__call__(self, checked_nodes(nodes, BaseNode), **kwargs)  # type: ignore[type-abstract]

    @_spanned_by_base
    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Async twin of calling it with nodes."""
        return await BaseEmbedding.acall(self, checked_nodes(nodes, BaseNode), **kwargs)  # type: ignore[type-abstract]

    @_spanned_by_base
    def get_query_embedding(self, query: str) -> list[float]:
        """Return the unit embedding of a query, instruction in front. InputTypeError: not a `str`."""
        return BaseEmbedding.get_query_embedding(self._view("query"), query)

    @_spanned_by_base
    async def aget_query_embedding(self, query: str) -> list[float]:
        """Async twin of `get_query_embedding`: concurrent calls share forward passes."""
        return await BaseEmbedding.aget_query_embedding(self._view("query"), query)

    @_spanned_by_base
    def get_text_embedding(self, text: str) -> list[float]:
        """Return the unit embedding of a document. InputTypeError: not a `str`."""
        return BaseEmbedding.get_text_embedding(self._view("document"), text)

    @_spanned_by_base
    async def aget_text_embedding(self, text: str) -> list[float]:
        """Async twin of `get_text_embedding`."""
        return await BaseEmbedding.aget_text_embedding(self._view("document"), text)

    @_spanned_by_base
    def get_text_embedding_batch(self, texts: Sequence[str], show_progress: bool = False, **kwargs: Any) -> Embeddings:
        """Return one unit embedding a document; all are planned together. InputTypeError: no list of `str`."""
        listed = checked_storable(texts, hint=_STORABLE)
        view = self._view("document", len(listed), show_progress=show_progress)
        return BaseEmbedding.get_text_embedding_batch(view, listed, **kwargs)

    @_spanned_by_base
    async def aget_text_embedding_batch(
        self, texts: Sequence[str], show_progress: bool = False, **kwargs: Any
    ) -> Embeddings:
        """Async twin of `get_text_embedding_batch`."""
        listed = checked_storable(texts, hint=_STORABLE)
        view = self._view("document", len(listed), show_progress=show_progress)
        return await BaseEmbedding.aget_text_embedding_batch(view, listed, **kwargs)

    def get_agg_embedding_from_queries(
        self, queries: Sequence[str], agg_fn: Callable[..., list[float]] | None = None
    ) -> list[float]:
        """Return one embedding for several queries, computed together: the mean at unit length, or `agg_fn` of them.

        Raises:
            ValueError: No queries.
        """
        listed = checked_texts(queries, "query")
        return _aggregate(BaseEmbedding.get_text_embedding_batch(self._view("query", len(listed)), listed), agg_fn)

    async def aget_agg_embedding_from_queries(
        self, queries: Sequence[str], agg_fn: Callable[..., list[float]] | None = None
    ) -> list[float]:
        """Async twin of `get_agg_embedding_from_queries`."""
        listed = checked_texts(queries, "query")
        view = self._view("query", len(listed))
        return _aggregate(await BaseEmbedding.aget_text_embedding_batch(view, listed), agg_fn)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embeddings([query], "query")[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return (await self._aembeddings([query], "query"))[0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._embeddings(checked_storable([text]), "document")[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._aembeddings(checked_storable([text]), "document"))[0]

    def _get_text_embeddings(self, texts: list[str]) -> Embeddings:
        return self._embeddings(texts, self._role)

    async def _aget_text_embeddings(self, texts: list[str]) -> Embeddings:
        return await self._aembeddings(texts, self._role)

    def _embeddings(self, texts: list[str], role: Role) -> Embeddings:
        embeddings: Embeddings = self.encoder.encode(texts, role).embeddings.tolist()
        return embeddings

    async def _aembeddings(self, texts: list[str], role: Role) -> Embeddings:
        embeddings: Embeddings = (await self.encoder.aencode(texts, role)).embeddings.tolist()
        return embeddings

    def _view(self, role: Role, n_texts: int = 1, *, show_progress: bool = False) -> Self:
        """Return a copy for one call of a base method: one slice for all texts, a cache of one role only."""
        cache = self.embeddings_cache
        view = self.model_copy(
            update={
                "embed_batch_size": max(n_texts, 1),
                "show_progress": show_progress or self.show_progress,
                "embeddings_cache": None if cache is None else RoleCache(cache, self.encoder, role),
            }
        )
        view._role = role  # noqa: SLF001 - our own copy
        return view


def _aggregate(embeddings: Embeddings, agg_fn: Callable[..., list[float]] | None) -> list[float]:
    if agg_fn is not None:
        return agg_fn(embeddings)
    mean = np.asarray(mean_agg(embeddings))
    unit: list[float] = (mean / (np.linalg.norm(mean) or 1.0)).tolist()
    return unit
