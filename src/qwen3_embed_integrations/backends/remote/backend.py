"""A backend that gets embeddings from a server, behind the same seam as the local ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, cut
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.inputs import encodable, without_repeats
from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.types import IntArray, RawEmbeddings

from .discovery import RemoteModel
from .http_request import EmbeddingsRequest
from .protocol import Input
from .request_batcher import RequestBatcher, RequestPlan
from .server_backend import ServerBackend, estimated_lengths
from .space_check import SpaceCheck


class RemoteBackend(ServerBackend[TextTokenizer]):
    """Backend that gets its embeddings from a server; truncates texts and appends the end token."""

    def __init__(self, config: EncoderConfig, model: RemoteModel) -> None:
        self._model = model
        self._space_check = SpaceCheck(model.target.url, model.model_info.space(config))
        super().__init__(config, model.target.url, model.tokenizer)

    async def _compute(self, request: EmbedRequest) -> RawEmbeddings:
        texts, inverse = without_repeats(request.texts)
        inputs: Sequence[Input]
        if self._tokenizer is None:
            inputs = self._unmeasured(request, texts, inverse)
            n_tokens = np.full(len(texts), -1, dtype=np.int64)
            lengths = estimated_lengths(texts)
        else:
            ids = await self._tokenized(self._tokenizer, request, texts, inverse)
            n_tokens = np.fromiter((len(one) for one in ids), dtype=np.int64, count=len(ids))
            lengths = [min(len(one), request.max_length) for one in ids]
            inputs = self._measured(self._tokenizer, request.max_length, texts, ids)
        embeddings = await RequestBatcher(
            self._client, self._plan(request, inputs, lengths, inverse), request.on_progress
        ).run()
        return RawEmbeddings(embeddings if len(texts) == len(inverse) else embeddings[inverse], n_tokens[inverse])

    def _plan(
        self, request: EmbedRequest, inputs: Sequence[Input], lengths: list[int], inverse: IntArray
    ) -> RequestPlan:
        config, target = self._config, self._model.target
        dimension = request.dimension if config.server_dimensions else None
        width = dimension or self._model.model_info.hidden_size
        cut_at = None if self._tokenizer is not None or request.on_overflow == "error" else request.max_length
        return RequestPlan(
            inputs=list(inputs),
            lengths=lengths,
            inverse=inverse,
            width=width,
            request_of=lambda some: EmbeddingsRequest(target, some, width, dimension, cut_at, self._space_check),
            max_texts=config.max_batch_texts or target.profile.max_texts,
            max_tokens=config.max_batch_tokens or target.profile.max_tokens,
            n_workers=config.max_concurrency,
            observer=request.observer,
        )

    def _measured(
        self, tokenizer: TextTokenizer, limit: int, texts: list[str], ids: list[list[int]]
    ) -> Sequence[Input]:
        """Return what to send: token ids or texts, truncated here to `limit` tokens."""
        if self._model.target.send_token_ids is not False:
            return [cut(one, limit) for one in ids]
        cut_texts = (
            text if len(one) <= limit else tokenizer.beginning(text, limit - 1)
            for text, one in zip(texts, ids, strict=True)
        )
        return [self._ended(text) for text in cut_texts]

    def _unmeasured(self, request: EmbedRequest, texts: list[str], inverse: IntArray) -> list[str]:
        """Return the texts to send when tokens cannot be counted here."""
        if self._model.target.send_token_ids:
            self.required_tokenizer()  # raises, with the remedy
        self._raise_if_unsure(request, texts, inverse, server_cuts=self._model.target.profile.cuts)
        return [self._ended(text) for text in texts]

    def _ended(self, text: str) -> str:
        return encodable(text) + (END_TOKEN if self._model.target.append_end_token else "")
