"""A backend that gets scores of pairs from a server; one request at connecting tells what its scores are worth."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
from qwen3_embed_integrations.core.errors import ConfigError, RemoteRefusedError, TextTooLongError
from qwen3_embed_integrations.core.inputs import encodable, without_repeats
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.ranking import scores_of
from qwen3_embed_integrations.core.rerank_request import RerankRequest, document_of, pair_head
from qwen3_embed_integrations.core.reranker_config import DEFAULT_INSTRUCTION, RerankerRuntimeConfig
from qwen3_embed_integrations.core.types import FloatArray, IntArray, RawEmbeddings

from .http_errors import TooLargeError
from .protocol import Input
from .request_batcher import RequestBatcher, RequestPlan
from .rerank_discovery import RemoteReranker
from .rerank_engines import RerankTarget
from .rerank_protocol import ScoresRequest, are_logits, to_logits
from .server_backend import ServerBackend, estimated_lengths

PROBE_QUERY = "What is the capital of China?"
PROBE_DOCUMENTS = (
    "The capital of China is Beijing.",
    "Gravity is a force that attracts two bodies towards each other.",
)
"""The model card's example: the first document answers the query, the second does not."""
_LEAST_MARGIN = 0.2  # of P(relevant): a right server has more than 0.9
_N_TEMPLATE = 53  # tokens of the template of the published models

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProbedScores:
    """The scores of the probe, as the server sent them.

    Attributes:
        right: Of the document that answers the query.
        wrong: Of the other document.
        are_logits: Whether they are logits.
    """

    right: float
    wrong: float
    are_logits: bool

    @property
    def margin(self) -> float:
        """P(relevant) of the right document less that of the wrong one."""
        scores = np.array([self.right, self.wrong], dtype=np.float32)
        right, wrong = (scores_of(scores, "probability") if self.are_logits else scores).tolist()
        return float(right - wrong)

    def problem(self, target: RerankTarget) -> str:
        """Return what the scores tell of a wrong template or wrong weights, and what to do; "" for nothing."""
        if self.margin >= _LEAST_MARGIN:
            return ""
        return (
            f"{target.url} scores {PROBE_DOCUMENTS[0]!r} {self.right:.3g} and an unrelated sentence {self.wrong:.3g} "
            f"for {PROBE_QUERY!r}: its chat template is missing, or its weights are wrong. Its scores are near random; "
            f"{target.profile.template_hint}."
        )


class RerankBackend(ServerBackend[PairTokenizer]):
    """Backend that gets scores from a server; returns logits, whatever the server sends.

    Attributes:
        target: The server.
    """

    def __init__(self, config: RerankerRuntimeConfig, model: RemoteReranker) -> None:
        self.target = model.target
        self._sends_logits = False
        super().__init__(config, model.target.url, model.tokenizer)

    def connect(self) -> None:
        """Ask for the scores of one pair of documents; warn if they tell that the template is missing.

        Raises:
            RemoteError: The server fails, or refuses the request.
        """
        probed = self.probe()
        self._sends_logits = probed.are_logits
        if problem := probed.problem(self.target):
            logger.warning("%s", problem)

    def probe(self, instruction: str = DEFAULT_INSTRUCTION) -> ProbedScores:
        """Return what the server scores the probe's documents.

        Raises:
            RemoteError: The server fails, or refuses the request.
        """
        right, wrong = self.raw_scores(PROBE_QUERY, PROBE_DOCUMENTS, instruction).tolist()
        return ProbedScores(right, wrong, are_logits(np.array([right, wrong], dtype=np.float32)))

    def raw_scores(self, query: str, documents: Sequence[str], instruction: str = DEFAULT_INSTRUCTION) -> FloatArray:
        """Return the scores of one request as the server sends them, `[n]`.

        Raises:
            RemoteError: The server fails, or refuses the request.
        """
        request = ScoresRequest(self.target, query, instruction, documents)
        try:
            scores: FloatArray = self._thread.submit(self._client.answer(request)).result()[:, 0]
        except TooLargeError as error:
            raise RemoteRefusedError(
                f"The server {self.target.url} refuses {len(documents)} short documents as too large: {error}. "
                "`qwen3-embed doctor` shows what the server does."
            ) from error
        return scores

    async def _compute(self, request: EmbedRequest) -> RawEmbeddings:
        if not isinstance(request, RerankRequest):
            raise ConfigError("A reranking server scores documents for a query. Use Qwen3Reranker.")
        self._raise_if_instructed(request.instruction)
        texts, inverse = without_repeats(request.texts)
        if self._tokenizer is None:
            self._raise_if_unsure(request, texts, inverse, server_cuts=False, n_template=_N_TEMPLATE)
            n_tokens = np.full(len(texts), -1, dtype=np.int64)
            lengths = estimated_lengths(texts)
        else:
            ids = await self._tokenized(self._tokenizer, request, texts, inverse)
            n_tokens = np.fromiter((len(one) for one in ids), dtype=np.int64, count=len(ids))
            lengths = [min(len(one), request.max_length) for one in ids]
            texts = _cut(self._tokenizer, request, texts, n_tokens)
        scores = await RequestBatcher(
            self._client, self._plan(request, texts, lengths, inverse), request.on_progress
        ).run()
        return RawEmbeddings(self._logits(scores)[inverse], n_tokens[inverse])

    def _plan(self, request: RerankRequest, texts: list[str], lengths: list[int], inverse: IntArray) -> RequestPlan:
        config, target = self._config, self.target
        query, instruction = encodable(request.query), encodable(request.instruction)

        def request_of(some: Sequence[Input]) -> ScoresRequest:
            return ScoresRequest(target, query, instruction, [str(one) for one in some])

        return RequestPlan(
            inputs=[document_of(encodable(text), query, instruction) for text in texts],
            lengths=lengths,
            inverse=inverse,
            width=1,
            request_of=request_of,
            max_texts=config.max_batch_texts or target.profile.max_texts,
            max_tokens=config.max_batch_tokens or target.profile.max_tokens,
            n_workers=config.max_concurrency,
            observer=request.observer,
        )

    def _raise_if_instructed(self, instruction: str) -> None:
        """Refuse an instruction that the server can't be told, instead of leaving it out."""
        if self.target.profile.instruction is None and instruction != DEFAULT_INSTRUCTION:
            raise ConfigError(
                f"A server of engine={self._config.engine!r} takes no instruction: its own is in its template. "
                "Leave the instruction out, or use another server."
            )

    def _logits(self, scores: FloatArray) -> FloatArray:
        """Return logits; a score outside 0 to 1 tells that the server sends them itself."""
        if not self._sends_logits and are_logits(scores):
            self._sends_logits = True
            logger.warning(
                "%s sends logits, although its first scores were between 0 and 1; what it scored before in this "
                "process was taken for probabilities",
                self.target.url,
            )
        return scores if self._sends_logits else to_logits(scores)


def _cut(tokenizer: PairTokenizer, request: RerankRequest, texts: list[str], n_tokens: IntArray) -> list[str]:
    """Return the texts of the pairs, each cut at its document's end to `max_length` tokens with the template.

    Raises:
        TextTooLongError: Instruction and query leave no room for a document.
    """
    limit = request.max_length
    if (n_tokens <= limit).all():
        return texts
    head = pair_head(request.instruction, request.query)
    n_head = len(tokenizer.tokenize([head])[0])
    if n_head >= limit:
        raise TextTooLongError(
            f"Instruction and query alone have {n_head} tokens with the template, max_length is {limit}: nothing of a "
            "document would be read. Shorten the query or raise max_length."
        )
    room = limit - len(tokenizer.first_ids) - len(tokenizer.last_ids)
    return [
        text if n <= limit else tokenizer.beginning(text, room)
        for text, n in zip(texts, n_tokens.tolist(), strict=True)
    ]
