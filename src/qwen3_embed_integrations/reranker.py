"""Qwen3Reranker: (query, documents) → how relevant each document is."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Unpack

import numpy as np

from .backends.registry import is_loaded, is_model_info_known, load_backend, model_info, unload_backend
from .core.config_arguments import reranker_config_of
from .core.errors import ConfigError
from .core.inputs import checked_text, checked_texts
from .core.model_info import ModelInfo
from .core.observation import observed_step
from .core.protocols import Backend, wait_for
from .core.ranking import Ranked, Scale, best_first, check_limits, checked_logits, scores_of
from .core.rerank_request import RerankRequest, pair_head, rerank_request
from .core.reranker_config import DEFAULT_INSTRUCTION, RerankerConfig, instruction_text
from .core.reranker_options import RerankerKeywords
from .core.results import warn_of_cut_pairs
from .core.types import FloatArray, IntArray, RawEmbeddings
from .progress import progress_bar
from .telemetry import CallSpan, observed_call

_MOST_RERANKERS = 64
_bar = partial(progress_bar, unit="pair", description="Reranking")
_NOTHING = np.empty(0, dtype=np.float32)


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
        config: A model's name, or all options; or give everything as keywords.
        **options: As in `RerankerConfig`; they override `config`. Keywords of `CrossEncoder` are understood.

    Raises:
        ConfigError: An unknown or unfit option.
    """

    def __init__(self, config: RerankerConfig | str | None = None, /, **options: Unpack[RerankerKeywords]) -> None:
        self.config = reranker_config_of(config, {**options})

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
        self._backend()
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
        scores_of(_NOTHING, scale)
        query, listed = checked_text(query, "query"), checked_texts(documents, "document")
        if not listed:
            return _NOTHING.copy()
        with observed_call("rerank", self.config.runtime_config, len(listed)) as call:
            if call is not None:
                self._prepare(call)
            request = self._request(query, listed, instruction)
            with _bar(len(listed), shown=self.config.show_progress) as on_progress:
                raw = wait_for(self._submit(replace(request, on_progress=on_progress, observer=call)))
            return scores_of(self._logits(request, raw, call), scale)

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
        scores_of(_NOTHING, scale)
        query, listed = checked_text(query, "query"), checked_texts(documents, "document")
        if not listed:
            return _NOTHING.copy()
        from .scheduling.event_loop import run_fairly, to_thread  # asyncio is loaded where a loop runs

        with observed_call("rerank", self.config.runtime_config, len(listed)) as call:
            if not self.is_loaded:
                await to_thread(self._prepare, call)
            request = self._request(query, listed, instruction)
            with _bar(len(listed), shown=self.config.show_progress) as on_progress:
                request = replace(request, on_progress=on_progress, observer=call)
                raw = await run_fairly(lambda: self._submit(request))
            return scores_of(self._logits(request, raw, call), scale)

    def count_tokens(self, query: str, documents: Iterable[str], *, instruction: str | None = None) -> IntArray:
        """Return the length of each pair in tokens, the chat template included, before any cut: `[n]`."""
        listed = checked_texts(documents, "document")
        return self._backend().count_tokens(self._request(checked_text(query, "query"), listed, instruction).texts)

    def _prepare(self, call: CallSpan | None) -> None:
        """Do what takes long before a first call; a cache may need no weights at all."""
        config = self.config.runtime_config
        if self.is_loaded or (self.config.cache_path is not None and is_model_info_known(config)):
            return
        with observed_step(call, "load"):
            self.load() if self.config.cache_path is None else model_info(config)

    def _request(self, query: str, documents: list[str], instruction: str | None) -> RerankRequest:
        chosen = self.config.instruction if instruction is None else checked_text(instruction, "instruction")
        if chosen is None:
            chosen = self.model_info.prompts.get("query") or DEFAULT_INSTRUCTION
        return rerank_request(
            query,
            instruction_text(chosen),
            documents,
            max_length=self.model_info.max_length_of(self.config.max_length),
            on_overflow=self.config.on_overflow,
            max_waiting=self.config.max_waiting_calls,
        )

    def _backend(self) -> Backend:
        """Return the loaded backend; raise ConfigError if `max_length` leaves no room beside the template."""
        backend = load_backend(self.config.runtime_config)
        if backend.tokenizer is None:  # a server has it
            return backend
        n_template, max_length = len(backend.tokenize([""])[0]), self.model_info.max_length_of(self.config.max_length)
        if max_length <= n_template:
            raise ConfigError(
                f"max_length={max_length} leaves no room for a query and a document: the template of "
                f"{self.model_info.model!r} has {n_template} tokens. Use several hundred."
            )
        return backend

    def _submit(self, request: RerankRequest) -> Future[RawEmbeddings]:
        """Submit the pairs, or look their scores up first."""
        if self.config.cache_path is None:
            return self._backend().submit(request)
        from .cache import score_lookup, submit_through_cache

        where = score_lookup(self.config.runtime_config, self.model_info)
        return submit_through_cache(request, where, self._backend, is_loaded=self.is_loaded)

    def _logits(self, request: RerankRequest, raw: RawEmbeddings, call: CallSpan | None) -> FloatArray:
        """Return the logits, `[n]`, after a warning of truncated pairs."""
        if call is not None:
            call.done(raw.n_tokens, request.max_length)
        head = pair_head(request.instruction, request.query)
        warn_of_cut_pairs(raw.n_tokens, request.max_length, lambda: len(self._backend().tokenize([head])[0]))
        return checked_logits(raw.embeddings)


_reranker_of = lru_cache(maxsize=_MOST_RERANKERS)(Qwen3Reranker)


def load_reranker(config: RerankerConfig | str | None = None, /, **options: Unpack[RerankerKeywords]) -> Qwen3Reranker:
    """Return the reranker of a config; every integration gets its reranker here.

    The last 64 are kept. Weights are shared by all rerankers whose options ask for the same model.

    Args:
        config: A model's name, or all options; or give everything as keywords.
        **options: As in `RerankerConfig`; they override `config`. Keywords of `CrossEncoder` are understood.

    Raises:
        ConfigError: An unknown or unfit option.
    """
    return _reranker_of(reranker_config_of(config, {**options}))
