"""One role of one vector space in LlamaIndex's embedding cache, whose own keys are bare texts."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Any

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.cache_keys import embedding_key
from qwen3_embed_integrations.core.inputs import checked_text
from qwen3_embed_integrations.core.types import Role


class RoleCache:
    """A key-value store seen through one role of one vector space.

    LlamaIndex's own keys are bare texts: a query would get the embedding of an equal document, or another model's.
    """

    def __init__(self, store: Any, encoder: Qwen3Encoder, role: Role) -> None:
        self._store, self._encoder, self._role = store, encoder, role

    @cached_property
    def _prefix(self) -> str:
        encoder = self._encoder
        key = embedding_key(encoder.config, encoder.model_info, encoder.prompt(self._role))
        return f"{self._role}-{key.hexdigest}-"

    def _key(self, text: str) -> str:
        return self._prefix + checked_text(text)

    def get(self, key: str, collection: str) -> dict[str, Any] | None:
        """Return what is kept under a text, or None."""
        found: dict[str, Any] | None = self._store.get(self._key(key), collection=collection)
        return found

    def put(self, key: str, val: dict[str, Any], collection: str) -> None:
        """Keep `val` under a text."""
        self._store.put(self._key(key), val, collection=collection)

    async def aget(self, key: str, collection: str) -> dict[str, Any] | None:
        """Async twin of `get`."""
        ours = await asyncio.to_thread(self._key, key)  # the first key reads the checkpoint
        found: dict[str, Any] | None = await self._store.aget(ours, collection=collection)
        return found

    async def aput(self, key: str, val: dict[str, Any], collection: str) -> None:
        """Async twin of `put`."""
        await self._store.aput(self._key(key), val, collection=collection)
