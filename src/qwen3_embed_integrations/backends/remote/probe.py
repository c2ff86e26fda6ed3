"""ServerProbe: what one server answers to texts exactly as given, for `qwen3-embed doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import RemoteRefusedError
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.scheduling.loop_thread import LoopThread

from .backend import RemoteBackend
from .client import Client
from .discovery import open_model
from .http_errors import TooLargeError
from .http_request import EmbeddingsRequest


class ServerProbe:
    """One connection to the server of a config; use it in a `with` block.

    Args:
        config: With `backend="remote"`.

    Raises:
        ConfigError: If an option doesn't fit the engine.
        RemoteError: If the server has to be asked about the model and fails.
    """

    def __init__(self, config: EncoderConfig) -> None:
        self._config = config
        self._model = open_model(config)
        self._client = Client(config, self._model.target.url)
        self._thread = LoopThread("qwen3-embed-probe")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.close(self._client.close())

    @property
    def url(self) -> str:
        """Address that requests go to."""
        return self._model.target.url

    @property
    def model_info(self) -> ModelInfo:
        """What is known of the model here."""
        return self._model.model_info

    @property
    def appends_end_token(self) -> bool:
        """Whether the backend appends the end token to each text."""
        return self._model.target.append_end_token

    @property
    def sends_token_ids(self) -> bool:
        """Whether the backend sends token ids instead of texts."""
        return self._model.target.send_token_ids is not False and self._model.tokenizer is not None

    def embed(self, texts: Sequence[str], *, dimension: int | None = None) -> tuple[FloatArray, int | None]:
        """Send the texts as they are, in one request: no prompt, no end token, no token ids.

        Args:
            texts: What to embed.
            dimension: Length that the server is to truncate embeddings to; None for full embeddings.

        Returns:
            The embeddings as they came, `[n, any]` float32, and the number of tokens that the server counted, if any.

        Raises:
            RemoteError: If the server fails, refuses the request, or its answer is invalid.
        """
        request = EmbeddingsRequest(self._model.target, list(texts), dimension=dimension)
        try:
            return self._thread.submit(self._client.answer_and_n_tokens(request)).result()
        except TooLargeError as error:
            raise RemoteRefusedError(str(error)) from error

    def embed_as_configured(self, request: EmbedRequest) -> FloatArray:
        """Return the embeddings that the backend of the config computes for a request.

        Raises:
            RemoteError: As `embed`.
        """
        backend = RemoteBackend(self._config, self._model)
        try:
            return backend.submit(request).result().embeddings
        finally:
            backend.close()
