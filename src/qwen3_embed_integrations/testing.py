"""FakeBackend: deterministic vectors and scores without torch, weights or a network, for unit tests of applications.

With the option `backend="fake"`, or with `fake_backend()` around code that makes its own encoder or reranker:

    @pytest.fixture(autouse=True)
    def no_model():
        with fake_backend():
            yield

Texts with words in common are near to each other, and a document scores by the words of the query that it has, so that
retrieval in a test finds what a person expects. The vector
space has a fingerprint of its own: a store filled in a test is refused by a real model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .backends.registry import use_runtime
from .core.catalog import MODELS, RERANKER_CONTEXT
from .core.config import EncoderConfig
from .core.errors import ConfigError, TextTooLongError
from .core.model_info import ModelInfo
from .core.prompts import DEFAULT_TASK, TASKS, query_prompt
from .core.protocols import Backend, EmbedRequest
from .core.rerank_request import RerankRequest, document_of, pair_head
from .core.reranker_config import RerankerRuntimeConfig
from .core.types import FloatArray, RawEmbeddings

__all__ = ["FakeBackend", "FakeReranker", "FakeTokenizer", "build_backend", "fake_backend", "open_model"]

_DEFAULT_SIZE = 256
_WORD = re.compile(r"\w+|[^\w\s]")
_PROMPT_WEIGHT = 0.1  # a prompt moves an embedding, but not away from the words that it stands in front of


class FakeTokenizer:
    """One token a word or punctuation mark, and an end token."""

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, end token last."""
        return [[*(_word_id(word) for word in _words(text)), 0] for text in texts]

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """Return a name for each id: the words themselves are not kept."""
        return ["<|endoftext|>" if token_id == 0 else f"<{token_id}>" for token_id in ids]


class FakeBackend(Backend):
    """Embed a text as the normalised sum of one random vector a word; the same text always has the same embedding.

    Args:
        hidden_size: Length of an embedding.
    """

    def __init__(self, hidden_size: int = _DEFAULT_SIZE) -> None:
        self.hidden_size = hidden_size
        self.tokenizer = FakeTokenizer()

    def submit(self, request: EmbedRequest) -> Future[RawEmbeddings]:
        """Return a future that is done."""
        future: Future[RawEmbeddings] = Future()
        try:
            future.set_result(self._embedded(request))
        except (ConfigError, TextTooLongError) as error:
            future.set_exception(error)
        return future

    def _embedded(self, request: EmbedRequest) -> RawEmbeddings:
        n_tokens = self.count_tokens(request.texts)
        too_long = np.flatnonzero(n_tokens > request.max_length)
        if request.on_overflow == "error" and len(too_long):
            index = int(too_long[0])
            raise TextTooLongError(
                f"Text {index} has {n_tokens[index]} tokens, max_length is {request.max_length}. Split it, raise "
                'max_length, or set on_overflow="truncate".'
            )
        embeddings = [self._embedding(text, request) for text in request.texts]
        if request.on_progress is not None:
            request.on_progress(len(embeddings))
        stacked = np.stack(embeddings) if embeddings else np.empty((0, self.hidden_size), dtype=np.float32)
        return RawEmbeddings(stacked, n_tokens)

    def _embedding(self, text: str, request: EmbedRequest) -> FloatArray:
        prompt = request.shared_prefix
        words = _words(text.removeprefix(prompt))[: max(request.max_length - 1 - len(_words(prompt)), 0)]
        total = _direction("", self.hidden_size) * np.float32(0.01)  # the end token: an empty text has a direction too
        for word in words:
            total = total + _direction(word, self.hidden_size)
        if prompt:
            total = total + _direction(prompt, self.hidden_size) * np.float32(_PROMPT_WEIGHT)
        unit: FloatArray = (total / np.linalg.norm(total)).astype(np.float32)
        return unit


class FakeReranker(FakeBackend):
    """Score a pair by the share of the query's words that the document has; the logit goes from -4 to 4.

    The instruction adds up to 0.1, the same to all documents, so that a test sees whether its own arrives.
    """

    def __init__(self) -> None:
        super().__init__(1)

    def _embedding(self, text: str, request: EmbedRequest) -> FloatArray:
        if not isinstance(request, RerankRequest):
            raise ConfigError("A reranker scores documents for a query. Use Qwen3Reranker.")
        room = request.max_length - 1 - len(_words(pair_head(request.instruction, request.query)))
        read = set(_words(document_of(text, request.query, request.instruction))[: max(room, 0)])
        asked = {word for word in _words(request.query) if word.isalnum()}
        share = len(asked & read) / len(asked) if asked else 0.0
        return np.array([8 * share - 4 + 0.1 * _word_id(request.instruction) / 2**32], dtype=np.float32)


@dataclass(frozen=True)
class _FakeModel:
    model_info: ModelInfo


def open_model(config: EncoderConfig) -> _FakeModel:
    """Return what a fake of the model of `config` says of itself: the size of a published model, else 256."""
    published = next((model for model in MODELS.values() if model.repo_id == config.model), None)
    context_length = published.context_length if published else RERANKER_CONTEXT
    scores = isinstance(config, RerankerRuntimeConfig)
    return _FakeModel(
        ModelInfo(
            model=config.model,
            revision="",
            weights=f"fake:{config.model}",
            hidden_size=published.dimension if published else _DEFAULT_SIZE,
            context_length=context_length,
            max_seq_length=context_length,
            pooling=config.pooling or "lasttoken",
            prompts={} if scores else {"query": query_prompt(TASKS[DEFAULT_TASK].instruction), "document": ""},
        )
    )


def build_backend(config: EncoderConfig, model: _FakeModel) -> FakeBackend:
    """Return the backend of a model that `open_model` returned."""
    if isinstance(config, RerankerRuntimeConfig):
        return FakeReranker()
    return FakeBackend(model.model_info.hidden_size)


@dataclass(frozen=True)
class _FakeRuntime:
    open_model = staticmethod(open_model)
    build_backend = staticmethod(build_backend)


@contextmanager
def fake_backend() -> Iterator[None]:
    """Let FakeBackend stand in for every model while the block runs, whatever model or backend the code asks for."""
    with use_runtime(_FakeRuntime()):
        yield


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _word_id(word: str) -> int:
    return 1 + int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")


@lru_cache(maxsize=4096)
def _direction(word: str, size: int) -> FloatArray:
    """Return a unit vector that a word alone decides, the same in every process and on every machine."""
    seed = int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    vector = np.random.default_rng(seed).standard_normal(size, dtype=np.float32)
    return vector / np.linalg.norm(vector)
