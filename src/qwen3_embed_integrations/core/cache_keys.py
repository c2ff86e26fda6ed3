"""EmbeddingKey: everything that decides an embedding except its text; the only source of cache keys."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from .config import EncoderConfig
from .model_info import ModelInfo
from .reranker_config import RerankerRuntimeConfig
from .vector_space import VectorSpace

KEY_VERSION = 2
"""Raise it when the content of a key changes, so that a cache misses everything that older versions stored."""

_SERVER_OPTIONS = ("base_url", "engine", "served_model", "append_end_token", "server_dimensions", "tokenizer")
_SCORES = "(scores of Qwen3-Reranker)"  # in place of a prompt: no embedding has it


@dataclass(frozen=True)
class EmbeddingKey:
    """Everything that decides an embedding except its text: equal keys and equal texts have equal embeddings.

    Options that move an embedding only by rounding (device, plan, batch sizes) are left out. `dtype` is included:
    int8 weights move an embedding by more than rounding.

    Attributes:
        space: The vector space, with the prompt of the text as `document_prompt`.
        max_length: Tokens to which a text is truncated.
        on_overflow: Whether a longer text has an embedding at all.
        dtype: As configured, "auto" being a value of its own; of an exported model the one in its files, unless another
            is configured.
        server: The options that decide what a remote server computes; () for a local model.
    """

    space: VectorSpace
    max_length: int
    on_overflow: str
    dtype: str
    server: tuple[tuple[str, Any], ...] = ()

    @property
    def digest(self) -> bytes:
        """BLAKE2b digest of the key, 32 bytes."""
        deciding = {**asdict(self), "space": self.space.fingerprint, "version": KEY_VERSION}
        return hashlib.blake2b(json.dumps(deciding, sort_keys=True).encode(), digest_size=32).digest()

    @property
    def hexdigest(self) -> str:
        """The digest as 64 hexadecimal digits."""
        return self.digest.hex()

    def of_text(self, prompted: str) -> bytes:
        """Return the cache key of one text, 20 bytes.

        Args:
            prompted: Prompt and text.
        """
        return hashlib.blake2b(prompted.encode("utf-8", "surrogatepass"), digest_size=20, key=self.digest).digest()

    def at_dimension(self, dimension: int) -> EmbeddingKey:
        """Return the key of the same embedding at another dimension."""
        return replace(self, space=replace(self.space, dimension=dimension))


def embedding_key(config: EncoderConfig, model_info: ModelInfo, prompt: str) -> EmbeddingKey:
    """Return the key of embeddings computed under `config` for texts with this prompt.

    A query and a document with the same prompt have the same embedding and so the same key.

    Args:
        config: The encoder's options.
        model_info: The encoder's model.
        prompt: Prompt of each text; "" for none.

    Raises:
        ConfigError: `max_length` or `dimension` of `config` is more than the model supports.
    """
    return _key(config, model_info, replace(model_info.space(config), document_prompt=prompt))


def score_key(config: RerankerRuntimeConfig, model_info: ModelInfo) -> EmbeddingKey:
    """Return the key of logits computed under `config`; the text of a pair holds instruction, query and document.

    Args:
        config: The reranker's options, as a runtime reads them.
        model_info: The reranker's model.

    Raises:
        ConfigError: `max_length` of `config` is more than the model supports.
    """
    space = VectorSpace(
        model=model_info.model,
        revision=model_info.revision,
        weights=model_info.weights,
        pooling="lasttoken",
        document_prompt=_SCORES,
        dimension=1,
        end_token="",
        normalized=False,
    )
    return _key(config, model_info, space)


def _key(config: EncoderConfig, model_info: ModelInfo, space: VectorSpace) -> EmbeddingKey:
    return EmbeddingKey(
        space=space,
        max_length=model_info.max_length(config),
        on_overflow=config.on_overflow,
        dtype=(config.dtype == "auto" and model_info.stored_dtype) or config.dtype,
        server=tuple((name, getattr(config, name)) for name in _SERVER_OPTIONS) if config.backend == "remote" else (),
    )
