"""Qwen3Encoder: prompt → backend → truncate → normalise. What every integration stands on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal

from tqdm import tqdm

from .backends.registry import is_loaded, is_model_info_known, load_backend, model_info, unload_backend
from .cache import lookup, submit_through_cache
from .core.config import EncoderConfig
from .core.errors import ConfigError
from .core.inputs import checked_texts
from .core.model_info import ModelInfo
from .core.protocols import Backend, EmbedRequest, wait_for
from .core.results import Encoded, RenderedQuery, postprocess, warn_of_truncations
from .core.similarity import similarity
from .core.types import FloatArray, IntArray, RawEmbeddings
from .core.vector_space import VectorSpace
from .scheduling.event_loop import run_fairly

Role = Literal["query", "document"]
_MOST_ENCODERS = 64
_INLINE_TEXTS = 64  # normalising more than that leaves the event loop: 64 embeddings take well under a millisecond


class Qwen3Encoder:
    """Texts → unit embeddings, by one config.

    Light to make: weights load at the first use, once per process, and are shared by every encoder whose
    config asks for the same model. Safe to use from many threads and event loops; pickles as its config.

    Example:
        >>> encoder = Qwen3Encoder(model="tiny")
        >>> encoder.encode_query(["Where is the Eiffel tower?"]).shape
        (1, 256)

    Args:
        config: All options; or give them as keywords.
        **options: As in `EncoderConfig`; they override `config`.

    Raises:
        ConfigError: An unknown or unfit option.
    """

    def __init__(self, config: EncoderConfig | None = None, **options: Any) -> None:
        if not isinstance(config, EncoderConfig | None):
            raise ConfigError(
                f"Found {type(config).__name__} for config, expected EncoderConfig. A model's name goes into model=…."
            )
        base = config or EncoderConfig()
        self.config = base.replace(**options) if options else base

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.config.to_options().items())
        return f"Qwen3Encoder({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Qwen3Encoder, (self.config,)

    @property
    def model_info(self) -> ModelInfo:
        """What the checkpoint says of itself; finds the model, loads no weights."""
        return model_info(self.config)

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self.model_info.dimension(self.config)

    @property
    def space(self) -> VectorSpace:
        """The vector space of this encoder's documents, with its fingerprint."""
        return self.model_info.space(self.config)

    @property
    def is_loaded(self) -> bool:
        """Whether the weights are in memory."""
        return is_loaded(self.config)

    def load(self) -> Qwen3Encoder:
        """Loads the weights now instead of at the first use; gives the encoder back."""
        _ = self.dimension, self.model_info.max_length(self.config)  # both refuse what the model can't serve
        load_backend(self.config)
        return self

    def unload(self) -> None:
        """Finishes what waits and frees the weights, for every encoder that shares them. The next use loads again."""
        unload_backend(self.config)

    def encode_query(self, texts: Iterable[str], *, task: str | None = None) -> FloatArray:
        """Gives the embeddings of queries, instruction in front.

        Args:
            texts: Queries; an empty text embeds as the instruction alone.
            task: A preset's name or an instruction, for this call; None: the config's. A symmetric task
                ("sts", "duplicates", …) serves both sides: encode both with this method.

        Returns:
            `[n, dimension]` float32 unit embeddings.

        Raises:
            InputTypeError: Not a sequence of `str`; the message names the index.
            ConfigError: An unknown task, or a dimension that the model can't serve.
            TextTooLongError: With `on_overflow="error"`.
        """
        return self.encode(texts, "query", task=task).embeddings

    def encode_document(self, texts: Iterable[str]) -> FloatArray:
        """Gives the embeddings of documents, raw unless the checkpoint or `document_task` says otherwise.

        Args:
            texts: Documents; an empty text embeds as the end token alone.

        Returns:
            `[n, dimension]` float32 unit embeddings.

        Raises:
            InputTypeError: Not a sequence of `str`; the message names the index.
            TextTooLongError: With `on_overflow="error"`.
        """
        return self.encode(texts, "document").embeddings

    def encode(self, texts: Iterable[str], role: Role, *, task: str | None = None) -> Encoded:
        """Gives embeddings with their token counts, truncations and other dimensions on request.

        Args:
            texts: What to embed.
            role: "query" or "document".
            task: For queries, as in `encode_query`.
        """
        prompt, prompted = self._prompted(texts, role, task)
        with self._progress(len(prompted)) as on_progress:
            raw = wait_for(self._submit(self._request(prompt, prompted, on_progress), prompt))
        return self._postprocess(raw)

    async def aencode_query(self, texts: Iterable[str], *, task: str | None = None) -> FloatArray:
        """Async twin of `encode_query`: concurrent calls share forward passes, the event loop stays free."""
        return (await self.aencode(texts, "query", task=task)).embeddings

    async def aencode_document(self, texts: Iterable[str]) -> FloatArray:
        """Async twin of `encode_document`."""
        return (await self.aencode(texts, "document")).embeddings

    async def aencode(self, texts: Iterable[str], role: Role, *, task: str | None = None) -> Encoded:
        """Async twin of `encode`. Cancelling it drops what is not yet computed."""
        if not self.is_loaded:
            await self._prepare()
        prompt, prompted = self._prompted(texts, role, task)
        with self._progress(len(prompted)) as on_progress:
            raw = await run_fairly(lambda: self._submit(self._request(prompt, prompted, on_progress), prompt))
        return (
            self._postprocess(raw)
            if len(raw.embeddings) <= _INLINE_TEXTS
            else await asyncio.to_thread(self._postprocess, raw)
        )

    def prompt(self, role: Role, *, task: str | None = None) -> str:
        """Return what stands before each text of a role; "" for nothing.

        Args:
            role: "query" or "document".
            task: For queries, as in `encode_query`.

        Raises:
            ConfigError: An unknown role or task.
        """
        if role == "query":
            return self.model_info.query_prompt(self.config.task if task is None else task)
        if role == "document":
            return self.model_info.document_prompt(self.config)
        raise ConfigError(f'Unknown role {role!r}. Use "query" or "document".')

    def similarity(self, a: FloatArray, b: FloatArray, *, metric: Literal["cosine", "dot"] = "cosine") -> FloatArray:
        """Gives the similarity of each embedding of `a` to each embedding of `b`.

        Args:
            a: `[n, d]`.
            b: `[m, d]`, of the same space: texts of different languages compare as they are.
            metric: "cosine", or "dot" for the plain scalar product.

        Returns:
            `[n, m]` float32, from -1 to 1 for cosine.

        Raises:
            ConfigError: Shapes that don't fit, or an unknown metric.
        """
        return similarity(a, b, metric)

    def count_tokens(self, texts: Iterable[str]) -> IntArray:
        """Gives each text's length in tokens, end token included, without any prompt: `[n]`."""
        return self._backend().count_tokens(checked_texts(texts))

    def render_query(self, text: str, *, task: str | None = None) -> RenderedQuery:
        """Shows what the model reads for a query: the exact string and its token ids, end token last."""
        _, (prompted,) = self._prompted([text], "query", task)
        backend = self._backend()
        (ids,) = backend.tokenize([prompted])
        return RenderedQuery(prompted, tuple(ids), tuple(backend.token_strings(ids)))

    def _backend(self) -> Backend:
        return load_backend(self.config)

    async def _prepare(self) -> None:
        """Does what takes long before a first call, off the event loop; a cache may need no weights at all."""
        if self.config.cache_path is None:
            await asyncio.to_thread(self.load)
        elif not is_model_info_known(self.config):
            await asyncio.to_thread(model_info, self.config)

    def _submit(self, request: EmbedRequest, prompt: str) -> Future[RawEmbeddings]:
        if self.config.cache_path is None:
            return self._backend().submit(request)
        where = lookup(self.config, self.model_info, prompt)
        return submit_through_cache(request, where, self._backend, is_loaded=self.is_loaded)

    def _prompted(self, texts: Iterable[str], role: Role, task: str | None) -> tuple[str, list[str]]:
        """Check the texts and put the prompt of `role` in front; return the prompt and the results."""
        prompt = self.prompt(role, task=task)
        listed = checked_texts(texts)
        return prompt, [prompt + text for text in listed] if prompt else listed

    def _request(self, prompt: str, prompted: list[str], on_progress: Any) -> EmbedRequest:
        dimension = self.dimension  # refuses what the model can't serve before any work is done
        config, limit = self.config, self.model_info.max_length(self.config)
        room = config.max_waiting_calls
        return EmbedRequest(prompted, limit, config.on_overflow, on_progress, dimension, room, shared_prefix=prompt)

    def _postprocess(self, raw: RawEmbeddings) -> Encoded:
        limit = self.model_info.max_length(self.config)
        encoded = postprocess(raw, self.dimension, limit)
        if encoded.truncations:
            warn_of_truncations(encoded.truncations, limit)
        return encoded

    @contextmanager
    def _progress(self, n_texts: int) -> Iterator[Any]:
        """Draws a bar on standard error while the block runs, where the config asks for one."""
        if not self.config.show_progress:
            yield None
            return
        with tqdm(total=n_texts, unit="text", desc="Embedding") as bar:
            yield lambda n_done: bar.update(n_done - bar.n)
            bar.update(n_texts - bar.n)  # repeats are computed once and counted here


_encoder_of = lru_cache(maxsize=_MOST_ENCODERS)(Qwen3Encoder)


def load_encoder(config: EncoderConfig | None = None, **options: Any) -> Qwen3Encoder:
    """Return the encoder of a config; every integration gets its encoder here.

    The last 64 are kept, so a new task or dimension per request costs no memory. An encoder that was dropped is made
    again at no cost: weights are shared by all encoders whose options ask for the same model.

    Args:
        config: All options; or give them as keywords.
        **options: As in `EncoderConfig`; they override `config`.

    Raises:
        ConfigError: An unknown or unfit option.
    """
    return _encoder_of(Qwen3Encoder(config, **options).config)
