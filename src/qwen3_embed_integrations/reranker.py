"""Qwen3Reranker: (query, documents) → how relevant each document is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Unpack

import numpy as np

from .backends.registry import is_loaded, load_backend, model_info, unload_backend
from .checkpoints.pair_tokenizer import pair_head
from .core.errors import ConfigError, TruncationWarning
from .core.inputs import checked_text, checked_texts
from .core.model_info import ModelInfo
from .core.protocols import Backend, EmbedRequest, wait_for
from .core.ranking import Ranked, Scale, best_first, check_limits, checked_logits, scores_of
from .core.reranker_config import DEFAULT_INSTRUCTION, RerankerConfig, RerankerOptions, instruction_text
from .core.results import Truncation, warn_of_truncations
from .core.types import FloatArray, RawEmbeddings
from .core.user_warning import warn_user
from .progress import OnProgress, progress_bar
from .scheduling.event_loop import run_fairly

_MOST_RERANKERS = 64


class Qwen3Reranker:
    """Score documents for a query with Qwen3-Reranker, by one config.

    Making one is cheap: weights load at the first use, once per process, and are shared by every reranker whose
    config asks for the same model. Safe to use from many threads and event loops; pickles as its config. Concurrent
    calls share forward passes.

    Example:
        >>> reranker = Qwen3Reranker(model="0.6B", instruction="Retrieve passages of the manual that answer")
        >>> reranker.config.model
        'Qwen/Qwen3-Reranker-0.6B'

    Args:
        config: All options; or give them as keywords.
        **options: As in `RerankerConfig`; they override `config`.

    Raises:
        ConfigError: An unknown or unfit option.
    """

    def __init__(self, config: RerankerConfig | None = None, **options: Unpack[RerankerOptions]) -> None:
        if not isinstance(config, RerankerConfig | None):
            raise ConfigError(
                f"Found {type(config).__name__} for config, expected RerankerConfig. A model's name goes into model=…."
            )
        base = config or RerankerConfig()
        self.config = base.replace(**options) if options else base

    def __repr__(self) -> str:
        return f"Qwen3Reranker({', '.join(f'{name}={value!r}' for name, value in self.config.to_options().items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Qwen3Reranker, (self.config,)

    @property
    def model_info(self) -> ModelInfo:
        """What the checkpoint says of itself; this finds the model and loads no weights."""
        return model_info(self.config.runtime_config)

    @property
    def is_loaded(self) -> bool:
        """Whether the weights are in memory."""
        return is_loaded(self.config.runtime_config)

    def load(self) -> Qwen3Reranker:
        """Load the weights now instead of at the first use; return the reranker."""
        self._max_length(load_backend(self.config.runtime_config))
        return self

    def unload(self) -> None:
        """Compute what waits and free the weights, for every reranker that shares them. The next use loads again."""
        unload_backend(self.config.runtime_config)

    def rank(  # noqa: PLR0913 - one keyword for each choice of a ranking
        self,
        query: str,
        documents: Iterable[str],
        *,
        top_k: int | None = None,
        min_score: float | None = None,
        instruction: str | None = None,
        scale: Scale = "probability",
    ) -> list[Ranked]:
        """Return the documents best first, each by its index in the call.

        Args:
            query: What a document should answer.
            documents: A list, tuple, array, Series or generator of `str`; an empty one is scored as such.
            top_k: Return at most so many documents; None for all.
            min_score: Return only documents whose score is at least this, on the scale of the call.
            instruction: What makes a document relevant, or a task preset's name, for this call; None: the config's.
            scale: "probability" for P(relevant), from 0 to 1; "logit" for its log-odds, which never saturates.

        Returns:
            Sorted by logit; documents of equal scores keep their order.

        Raises:
            InputTypeError: The query is not a `str`, or the documents are not a sequence of `str`.
            ConfigError: An unknown scale, an unfit limit, or a `max_length` that the model can't serve.
            TextTooLongError: With `on_overflow="error"`.
            CheckpointError: The model folder is damaged or holds no reranker.
        """
        check_limits(top_k, min_score)
        logits = self.score(query, documents, instruction=instruction, scale="logit")
        return best_first(logits, scale, top_k=top_k, min_score=min_score)

    def score(
        self,
        query: str,
        documents: Iterable[str],
        *,
        instruction: str | None = None,
        scale: Scale = "probability",
    ) -> FloatArray:
        """Return the score of each document, `[n]` float32, in the order of the documents.

        Arguments and errors are those of `rank`.
        """
        scores_of(np.empty(0, dtype=np.float32), scale)
        query, listed = checked_text(query, "query"), checked_texts(documents, "document")
        if not listed:
            return np.empty(0, dtype=np.float32)
        backend = load_backend(self.config.runtime_config)
        max_length, head = self._max_length(backend), self._head(query, instruction)
        with self._progress(len(listed)) as on_progress:
            raw = wait_for(self._submit(backend, head, listed, max_length, on_progress))
        return scores_of(self._logits(backend, head, raw, max_length), scale)

    async def arank(  # noqa: PLR0913 - one keyword for each choice of a ranking
        self,
        query: str,
        documents: Iterable[str],
        *,
        top_k: int | None = None,
        min_score: float | None = None,
        instruction: str | None = None,
        scale: Scale = "probability",
    ) -> list[Ranked]:
        """Async twin of `rank`: concurrent calls share forward passes, the event loop stays free."""
        check_limits(top_k, min_score)
        logits = await self.ascore(query, documents, instruction=instruction, scale="logit")
        return best_first(logits, scale, top_k=top_k, min_score=min_score)

    async def ascore(
        self,
        query: str,
        documents: Iterable[str],
        *,
        instruction: str | None = None,
        scale: Scale = "probability",
    ) -> FloatArray:
        """Async twin of `score`. Cancelling it drops what is not yet computed."""
        scores_of(np.empty(0, dtype=np.float32), scale)
        query, listed = checked_text(query, "query"), checked_texts(documents, "document")
        if not listed:
            return np.empty(0, dtype=np.float32)
        if not self.is_loaded:
            await asyncio.to_thread(self.load)
        backend = load_backend(self.config.runtime_config)
        max_length, head = self._max_length(backend), self._head(query, instruction)
        with self._progress(len(listed)) as on_progress:
            raw = await run_fairly(lambda: self._submit(backend, head, listed, max_length, on_progress))
        return scores_of(self._logits(backend, head, raw, max_length), scale)

    def _head(self, query: str, instruction: str | None) -> str:
        """Return what the text of every pair of a call begins with."""
        chosen = self.config.instruction if instruction is None else checked_text(instruction, "instruction")
        if chosen is None:
            chosen = self.model_info.prompts.get("query") or DEFAULT_INSTRUCTION
        return pair_head(instruction_text(chosen), query)

    def _max_length(self, backend: Backend) -> int:
        """Return the longest pair in tokens.

        Raises:
            ConfigError: The model can't serve it, or it leaves no room beside the template.
        """
        info = self.model_info
        max_length = info.max_length_of(self.config.max_length)
        n_template = len(backend.tokenize([""])[0])
        if max_length <= n_template:
            raise ConfigError(
                f"max_length={max_length} leaves no room for a query and a document: the template of {info.model!r} "
                f"has {n_template} tokens. Use several hundred."
            )
        return max_length

    def _submit(
        self, backend: Backend, head: str, documents: list[str], max_length: int, on_progress: OnProgress | None
    ) -> Future[RawEmbeddings]:
        """Submit the pairs; several of one query share the keys and values of their beginning."""
        request = EmbedRequest(
            texts=[f"{head} {document}" for document in documents],
            max_length=max_length,
            on_overflow=self.config.on_overflow,
            on_progress=on_progress,
            max_waiting=self.config.max_waiting_calls,
            shared_prefix=head if len(documents) > 1 else "",
        )
        return backend.submit(request)

    def _logits(self, backend: Backend, head: str, raw: RawEmbeddings, max_length: int) -> FloatArray:
        """Return the logits, `[n]`, after a warning of truncated pairs."""
        logits = checked_logits(raw.embeddings)
        cut = np.flatnonzero(raw.n_tokens > max_length).tolist()
        if cut:
            lengths = raw.n_tokens.tolist()
            warn_of_truncations(
                tuple(Truncation(index, lengths[index], lengths[index] - max_length) for index in cut), max_length
            )
            n_head = len(backend.tokenize([head])[0])
            if n_head >= max_length:
                warn_user(
                    f"Instruction and query alone have {n_head} tokens with the template, max_length is {max_length}: "
                    "no document was read, and the scores say nothing. Shorten the query or raise max_length.",
                    TruncationWarning,
                )
        return logits

    def _progress(self, n_documents: int) -> AbstractContextManager[OnProgress | None]:
        return progress_bar(n_documents, unit="pair", description="Reranking", shown=self.config.show_progress)


_reranker_of = lru_cache(maxsize=_MOST_RERANKERS)(Qwen3Reranker)


def load_reranker(config: RerankerConfig | None = None, **options: Unpack[RerankerOptions]) -> Qwen3Reranker:
    """Return the reranker of a config; every integration gets its reranker here.

    The last 64 are kept. Weights are shared by all rerankers whose options ask for the same model.

    Args:
        config: All options; or give them as keywords.
        **options: As in `RerankerConfig`; they override `config`.

    Raises:
        ConfigError: An unknown or unfit option.
    """
    return _reranker_of(Qwen3Reranker(config, **options).config)
