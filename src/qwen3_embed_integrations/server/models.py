"""The models that are served, by the names that clients use; any other name is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from http import HTTPStatus

import numpy as np

from qwen3_embed_integrations import ConfigError, Encoded, EncoderConfig, Qwen3Encoder, Qwen3Reranker
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.protocols import Tokenizer

from .errors import ApiError, bad_request, quoted
from .options import ServeOptions
from .roles import DOCUMENT_SUFFIX, QUERY_SUFFIX, Prompting

_SUFFIXES = {QUERY_SUFFIX: Prompting("query"), DOCUMENT_SUFFIX: Prompting("document")}
_SHARED = ("backend", "base_url", "api_key_env", "device", "dtype", "plan", "cache_folder", "local_files_only")
"""Options of the encoder that hold for the reranker too."""


class ServedEncoder:
    """An embedding model that is served.

    Args:
        config: Its options.

    Attributes:
        name: The model's name for clients.
    """

    def __init__(self, config: EncoderConfig) -> None:
        self._cutting = Qwen3Encoder(config.replace(on_overflow="truncate", show_progress=False))
        self._strict = Qwen3Encoder(self._cutting.config.replace(on_overflow="error"))
        self.name = self._cutting.config.served_model or config.model
        self.fingerprint = lru_cache(maxsize=64)(self._fingerprint)

    @property
    def config(self) -> EncoderConfig:
        """The model's options."""
        return self._cutting.config

    @cached_property
    def dimension(self) -> int:
        """Length of an embedding, unless a request asks for another."""
        return self._cutting.dimension

    @cached_property
    def max_length(self) -> int:
        """Longest text in tokens."""
        return self._cutting.model_info.max_length(self.config)

    @property
    def weights(self) -> str:
        """Digest of the weights; "" if unknown."""
        return self._cutting.model_info.weights

    @property
    def tokenizer(self) -> Tokenizer | None:
        """The model's tokenizer; None where only another server has it."""
        return load_backend(self.config).tokenizer

    def _fingerprint(self, dimension: int) -> str:
        """Return the fingerprint of documents of a dimension."""
        return replace(self._cutting.space, dimension=dimension).fingerprint

    def load(self) -> None:
        """Load the weights, and compute one text: the first call sets up kernels."""
        self._cutting.load()
        self._cutting.encode_document(["warm"])

    def checked_dimension(self, dimension: int | None) -> int:
        """Return the length of the embeddings of a request.

        Raises:
            ApiError: The model can't serve it.
        """
        if dimension is None:
            return self.dimension
        try:
            return self._cutting.model_info.checked_dimension(dimension)
        except ConfigError as error:
            raise bad_request(str(error), "dimensions", "invalid_value") from error

    def count_tokens(self, texts: list[str]) -> int:
        """Return the tokens of texts, prompts excluded; 0 where only another server can count them."""
        return 0 if self.tokenizer is None else int(self._cutting.count_tokens(texts).sum())

    async def embed(self, texts: list[str], prompting: Prompting, *, cuts: bool) -> Encoded:
        """Return embeddings of full length; cancelling drops what is not yet computed.

        Raises:
            TextTooLongError: A text is too long, and `cuts` is false.
        """
        encoder = self._cutting if cuts else self._strict
        return await encoder.aencode(texts, prompting.role, task=prompting.task)


@dataclass(frozen=True)
class ServedReranker:
    """A reranking model that is served."""

    name: str
    reranker: Qwen3Reranker

    def load(self) -> None:
        """Load the weights, and score one pair."""
        self.reranker.load().score("warm", ["warm"])

    @property
    def tokenizer(self) -> Tokenizer | None:
        """The model's tokenizer; None where only another server has it."""
        return load_backend(self.reranker.config.runtime_config).tokenizer

    def n_tokens(self, query: str, documents: list[str], instruction: str | None) -> int:
        """Return the tokens of all pairs; 0 where only another server can count them."""
        if self.tokenizer is None:
            return 0
        counts = self.reranker.count_tokens(query, documents, instruction=instruction)
        return int(np.minimum(counts, self.reranker.config.max_length).sum())

    def shortened(self, documents: list[str], most: int) -> list[str]:
        """Return the beginnings of documents that have at most `most` tokens.

        Raises:
            ApiError: The tokenizer is not here.
        """
        tokenizer = self.tokenizer
        if not isinstance(tokenizer, TextTokenizer):
            raise bad_request(
                "max_tokens_per_doc needs the tokenizer, which is not on this server.", "max_tokens_per_doc"
            )
        return [tokenizer.beginning(document, most) for document in documents]


class ServedModels:
    """All models that are served.

    Args:
        config: The options of the first embedding model; the further ones have the same, but for their name.
        options: Names the further models.
    """

    def __init__(self, config: EncoderConfig, options: ServeOptions) -> None:
        served = [ServedEncoder(config), *(ServedEncoder(config.replace(model=name)) for name in options.also)]
        self.encoders = {one.name: one for one in served}
        self.reranker: ServedReranker | None = None
        if options.rerank is not None:
            shared = {name: getattr(config, name) for name in _SHARED if name in config.model_fields_set}
            reranker = Qwen3Reranker(options.rerank, **shared)
            self.reranker = ServedReranker(reranker.config.model, reranker)
        self.is_ready = False
        self.failure: Exception | None = None

    def load(self) -> None:
        """Load every model; keep the first error."""
        try:
            for one in self._all():
                one.load()
        except Exception as error:  # noqa: BLE001 - the command raises it again
            self.failure = error
        else:
            self.is_ready = True

    def _all(self) -> Iterator[ServedEncoder | ServedReranker]:
        yield from self.encoders.values()
        if self.reranker is not None:
            yield self.reranker

    def encoder(self, name: str | None) -> tuple[ServedEncoder, Prompting | None]:
        """Return the model of a name, and what the end of the name asks for; the first one for no name.

        Raises:
            ApiError: No such model is served.
        """
        if name is None:
            return next(iter(self.encoders.values())), None
        if name in self.encoders:
            return self.encoders[name], None
        for suffix, prompting in _SUFFIXES.items():
            if name.removesuffix(suffix) in self.encoders:
                return self.encoders[name.removesuffix(suffix)], prompting
        raise _unknown(name, [*self.encoders, *(f"{one}{QUERY_SUFFIX}" for one in self.encoders)])

    def reranker_of(self, name: str | None) -> ServedReranker:
        """Return the reranker.

        Raises:
            ApiError: There is none, or it has another name.
        """
        if self.reranker is None:
            raise ApiError(
                HTTPStatus.NOT_FOUND,
                "This server has no reranker. Start it with --rerank MODEL.",
                param="model",
                code="model_not_found",
            )
        if name not in (None, self.reranker.name):
            raise _unknown(str(name), [self.reranker.name])
        return self.reranker


def _unknown(name: str, known: Iterable[str]) -> ApiError:
    return ApiError(
        HTTPStatus.NOT_FOUND,
        f"The model {quoted(name)} is not served here. Served: {', '.join(known)}.",
        param="model",
        code="model_not_found",
    )
