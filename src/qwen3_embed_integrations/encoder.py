"""Qwen3Encoder: prompt → backend → truncate → normalise. What every integration stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal, Unpack

from .backends.registry import is_loaded, is_model_info_known, load_backend, model_info, unload_backend
from .core.config import EncoderConfig
from .core.config_arguments import config_of
from .core.encoder_options import EncoderKeywords
from .core.inputs import checked_text, checked_texts
from .core.model_info import ModelInfo, ResolvedOptions
from .core.observation import observed_step
from .core.protocols import EmbedRequest, wait_for
from .core.results import Encoded, RenderedQuery, postprocess, warn_of_truncations
from .core.similarity import similarity
from .core.types import FloatArray, IntArray, RawEmbeddings, Role
from .core.vector_space import VectorSpace
from .progress import OnProgress, progress_bar
from .telemetry import CallSpan, observed_call

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .core.quantization import Precision, Quantizer

_MOST_ENCODERS = 64
_bar = partial(progress_bar, unit="text", description="Embedding")
_INLINE_TEXTS = 64  # normalising more than that leaves the event loop: 64 embeddings take well under a millisecond


class Qwen3Encoder:
    """Embed texts as unit vectors, by one config.

    Making one is cheap: weights load at the first use, once per process, and are shared by every encoder whose
    config asks for the same model. Safe to use from many threads and event loops; pickles as its config.

    Example:
        >>> encoder = Qwen3Encoder(model="tiny")
        >>> encoder.encode_query(["Where is the Eiffel tower?"]).shape
        (1, 256)

    Args:
        config: A model's name, or all options; or give everything as keywords.
        **options: As in `EncoderConfig`; they override `config`. Keywords of `SentenceTransformer` are understood.

    Raises:
        ConfigError: An unknown or unfit option.
    """

    def __init__(self, config: EncoderConfig | str | None = None, /, **options: Unpack[EncoderKeywords]) -> None:
        self.config = config_of(config, {**options})
        self._known: ResolvedOptions | None = None
        self._request_of: Callable[..., EmbedRequest] = EmbedRequest.of

    def __repr__(self) -> str:
        return f"Qwen3Encoder({', '.join(f'{name}={value!r}' for name, value in self.config.to_options().items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Qwen3Encoder, (self.config,)

    @property
    def model_info(self) -> ModelInfo:
        """What the checkpoint says of itself; this finds the model and loads no weights."""
        return model_info(self.config)

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self._resolved().dimension

    @property
    def space(self) -> VectorSpace:
        """The vector space of this encoder's documents, with its fingerprint."""
        return self.model_info.space(self.config)

    @property
    def is_loaded(self) -> bool:
        """Whether the weights are in memory."""
        return is_loaded(self.config)

    def load(self) -> Qwen3Encoder:
        """Load the weights now instead of at the first use; return the encoder."""
        self._resolved()  # refuses what the model can't serve
        load_backend(self.config)
        return self

    def unload(self) -> None:
        """Compute what waits and free the weights, for every encoder that shares them. The next use loads again."""
        unload_backend(self.config)

    def encode_query(self, texts: Iterable[str], *, task: str | None = None) -> FloatArray:
        """Return the embeddings of queries, instruction in front.

        Args:
            texts: Queries: a list, tuple, array, Series or generator of `str`; an empty one is the instruction alone.
            task: A preset or an instruction; None: the config's. Encode both sides of a symmetric task ("sts") so.

        Returns:
            `[n, dimension]` float32, unit length.

        Raises:
            InputTypeError: Not a sequence of `str`; the message names the index.
            ConfigError: An unknown task, or a dimension that the model can't serve.
            TextTooLongError: With `on_overflow="error"`.
        """
        return self.encode(texts, "query", task=task).embeddings

    def encode_document(self, texts: Iterable[str]) -> FloatArray:
        """Return the embeddings of documents; no prompt unless the checkpoint or `document_task` asks for one.

        All else is as for `encode_query`. An empty text embeds as the end token alone.
        """
        return self.encode(texts, "document").embeddings

    def encode_codes(self, texts: Iterable[str], precision: Precision | Quantizer) -> NDArray[Any]:
        """Return documents as codes: "binary", or by a `Quantizer` that was calibrated for "int8" or "uint8"."""
        from .core.quantization import quantizer_for

        return quantizer_for(precision, self.dimension, self.space.fingerprint).encode(self.encode_document(texts))

    def encode(self, texts: Iterable[str], role: Role, *, task: str | None = None) -> Encoded:
        """Return embeddings with their token counts, truncations and other dimensions.

        Args:
            texts: What to embed.
            role: "query" or "document".
            task: For queries, as in `encode_query`.
        """
        listed = checked_texts(texts)
        with observed_call("embeddings", self.config, len(listed), role) as call:
            if call is not None and not self.is_loaded:
                self._prepare(call)
            resolved = self._resolved()
            prompt = resolved.prompt(role, task)
            with _bar(len(listed), shown=self.config.show_progress) as on_progress:
                raw = wait_for(self._submit(listed, resolved, prompt, on_progress, call))
            return _postprocess(raw, resolved, call)

    async def aencode_query(self, texts: Iterable[str], *, task: str | None = None) -> FloatArray:
        """Async twin of `encode_query`: concurrent calls share forward passes, the event loop stays free."""
        return (await self.aencode(texts, "query", task=task)).embeddings

    async def aencode_document(self, texts: Iterable[str]) -> FloatArray:
        """Async twin of `encode_document`."""
        return (await self.aencode(texts, "document")).embeddings

    async def aencode(self, texts: Iterable[str], role: Role, *, task: str | None = None) -> Encoded:
        """Async twin of `encode`. Cancelling it drops what is not yet computed."""
        from .scheduling.event_loop import run_fairly, to_thread  # asyncio is loaded where a loop runs

        listed = checked_texts(texts)
        with observed_call("embeddings", self.config, len(listed), role) as call:
            if not self.is_loaded:
                await to_thread(self._prepare, call)
            resolved = self._resolved()
            prompt = resolved.prompt(role, task)
            with _bar(len(listed), shown=self.config.show_progress) as on_progress:
                raw = await run_fairly(lambda: self._submit(listed, resolved, prompt, on_progress, call))
            if len(listed) > _INLINE_TEXTS:
                return await to_thread(_postprocess, raw, resolved, call)
            return _postprocess(raw, resolved, call)

    def prompt(self, role: Role, *, task: str | None = None) -> str:
        """Return the prompt of a role, for queries that of `task` or of the config; "" for none.

        Raises:
            ConfigError: An unknown role or task.
        """
        return self._resolved().prompt(role, task)

    def similarity(self, a: FloatArray, b: FloatArray, *, metric: Literal["cosine", "dot"] = "cosine") -> FloatArray:
        """Return the similarity of each embedding of `a`, `[n, d]`, to each of `b`, `[m, d]`: `[n, m]` float32.

        "cosine" is from -1 to 1, "dot" the plain scalar product. Shapes that don't fit raise ConfigError.
        """
        return similarity(a, b, metric)

    def count_tokens(self, texts: Iterable[str]) -> IntArray:
        """Return each text's length in tokens, end token included, without any prompt: `[n]`."""
        return load_backend(self.config).count_tokens(checked_texts(texts))

    def render_query(self, text: str, *, task: str | None = None) -> RenderedQuery:
        """Return what the model reads for a query: the exact string and its token ids, end token last."""
        prompted = self.prompt("query", task=task) + checked_text(text, "query")
        backend = load_backend(self.config)
        ids = backend.tokenize([prompted])[0]
        return RenderedQuery(prompted, tuple(ids), tuple(backend.token_strings(ids)))

    def _prepare(self, call: CallSpan | None) -> None:
        """Do what takes long before a first call; a cache may need no weights at all."""
        if self.config.cache_path is None or not is_model_info_known(self.config):
            with observed_step(call, "load"):
                self.load() if self.config.cache_path is None else model_info(self.config)

    def _submit(
        self,
        texts: list[str],
        resolved: ResolvedOptions,
        prompt: str,
        on_progress: OnProgress | None,
        call: CallSpan | None,
    ) -> Future[RawEmbeddings]:
        config = self.config
        request = self._request_of(config, resolved, texts, prompt, on_progress, call)
        if config.cache_path is None:
            return load_backend(config).submit(request)
        from .cache import lookup, submit_through_cache

        where = lookup(config, resolved.model_info, prompt)
        return submit_through_cache(request, where, lambda: load_backend(config), is_loaded=self.is_loaded)

    def _resolved(self) -> ResolvedOptions:
        """Return what the options mean for the model, looked up again only after the model was unloaded."""
        info, known = model_info(self.config), self._known
        if known is None or known.model_info is not info:
            self._known = known = ResolvedOptions.of(self.config, info)
        return known


def _postprocess(raw: RawEmbeddings, resolved: ResolvedOptions, call: CallSpan | None) -> Encoded:
    encoded = postprocess(raw, resolved.dimension, resolved.max_length)
    if call is not None:
        call.done(encoded.n_tokens, resolved.max_length, resolved.dimension)
    if encoded.truncations:
        warn_of_truncations(encoded.truncations, resolved.max_length)
    return encoded


_encoder_of = lru_cache(maxsize=_MOST_ENCODERS)(Qwen3Encoder)


def load_encoder(config: EncoderConfig | str | None = None, /, **options: Unpack[EncoderKeywords]) -> Qwen3Encoder:
    """Return the encoder of a config; every integration gets its encoder here.

    The last 64 are kept; making one anew costs nothing, because encoders of one model share its weights.

    Args:
        config: A model's name, or all options; or give everything as keywords.
        **options: As in `EncoderConfig`; they override `config`. Keywords of `SentenceTransformer` are understood.

    Raises:
        ConfigError: An unknown or unfit option.
    """
    return _encoder_of(config_of(config, {**options}))
