"""EmbeddingKey: all that decides an embedding but its text. Every cache of embeddings derives its keys here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from .config import EncoderConfig
from .model_info import ModelInfo
from .vector_space import VectorSpace

KEY_VERSION = 2
"""Raise it when a key's content changes: a cache then finds nothing of what another version stored."""

_SERVER_OPTIONS = ("base_url", "engine", "served_model", "append_end_token", "server_dimensions", "tokenizer")


@dataclass(frozen=True)
class EmbeddingKey:
    """All that decides an embedding but its text: two calls with equal keys give a text the same embedding.

    Options that move an embedding by the rounding of other batch shapes alone (device, plan, batch sizes) are left
    out. `dtype` is in the key: int8 weights move an embedding by more than rounding.

    Attributes:
        space: The vector space, with `prompt` as its document prompt.
        max_length: Tokens after which a text is cut.
        on_overflow: Whether a longer text has an embedding at all.
        dtype: As configured; "auto" is a value of its own.
        server: The options that decide what a remote server computes; () for a local model.
    """

    space: VectorSpace
    max_length: int
    on_overflow: str
    dtype: str
    server: tuple[tuple[str, Any], ...] = ()

    @property
    def digest(self) -> bytes:
        """32 bytes that differ wherever two keys differ."""
        deciding = {**asdict(self), "space": self.space.fingerprint, "version": KEY_VERSION}
        return hashlib.blake2b(json.dumps(deciding, sort_keys=True).encode(), digest_size=32).digest()

    @property
    def hexdigest(self) -> str:
        """The digest as 64 letters and digits, for keys and namespaces that are text."""
        return self.digest.hex()

    def of_text(self, prompted: str) -> bytes:
        """Return 20 bytes that stand for one text, its prompt in front, under this key."""
        return hashlib.blake2b(prompted.encode("utf-8", "surrogatepass"), digest_size=20, key=self.digest).digest()

    def at_dimension(self, dimension: int) -> EmbeddingKey:
        """Return the key of the same embedding at another length."""
        return replace(self, space=replace(self.space, dimension=dimension))


def embedding_key(config: EncoderConfig, model_info: ModelInfo, prompt: str) -> EmbeddingKey:
    """Return what decides the embeddings that `config` gives texts behind `prompt`.

    A query and a document behind the same prompt have the same embedding, and so the same key.

    Args:
        config: The encoder's options.
        model_info: What is known of its model.
        prompt: What stands before each text; "" for none.
    """
    is_remote = config.backend == "remote"
    return EmbeddingKey(
        space=replace(model_info.space(config), document_prompt=prompt),
        max_length=model_info.max_length(config),
        on_overflow=config.on_overflow,
        dtype=config.dtype,
        server=tuple((name, getattr(config, name)) for name in _SERVER_OPTIONS) if is_remote else (),
    )
