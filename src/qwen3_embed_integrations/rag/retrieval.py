"""Retriever: a question → the passages that fit best, and the evidence that they answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qwen3_embed_integrations import (
    EncoderConfig,
    HybridHit,
    Qwen3Encoder,
    Qwen3Reranker,
    RerankerConfig,
    load_reranker,
)
from qwen3_embed_integrations.chroma import hybrid_retriever

from .evidence import Evidence, of_cosine, of_logits
from .index import Index
from .passage import Passage, stored_passage
from .ranking import Ranking
from .remedy import with_remedy
from .words import Term, question_terms, telling_terms

_RERANKED = 20
"""Candidates that a reranker reads, or a fifth of them if that is more."""


@dataclass(frozen=True)
class Retrieved:
    """What was found.

    Attributes:
        passages: The best first.
        evidence: That one of them answers the question.
        terms: Those terms of the question that stand in the documents and say something.
        question_terms: All terms of the question.
    """

    passages: list[Passage]
    evidence: Evidence
    terms: frozenset[str] = frozenset()
    question_terms: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Retriever:
    """Finds passages by meaning, by words too unless `hybrid` is off, and then by a reranker if there is one.

    Attributes:
        index: The open index.
        encoder: What embedded it.
        hybrid: Whether BM25 is fused with the cosine similarity.
        reranker: Orders the candidates anew; None: their order stays.
    """

    index: Index
    encoder: Qwen3Encoder
    hybrid: bool = True
    reranker: Qwen3Reranker | None = None

    def retrieve(self, question: str, embedding: list[float], *, n_candidates: int) -> Retrieved:
        """Return the best passages for a question and the evidence that there is an answer.

        Args:
            question: The question.
            embedding: Its embedding, `dim` numbers.
            n_candidates: Passages to find; a reranker reads the first 20 or a fifth of them, and returns these alone.

        Raises:
            RagError: The index can't be read.
            BM25IndexError: The BM25 index can't be read.
            Qwen3EmbedError: The reranker can't be used.
        """
        search = self._hybrid_search if self.hybrid else self._dense_search
        found = search(question, embedding, n_candidates)
        terms = question_terms(self.index.words, question)
        if self.reranker is None:
            evidence = of_cosine(terms, self._best_cosine(embedding, found))
        else:
            found = _reranked(self.reranker, question, found[: max(_RERANKED, n_candidates // 5)])
            evidence = of_logits([passage.ranking.logit or 0.0 for passage in found])
        return Retrieved(found, evidence, telling_terms(terms), tuple(terms))

    def _dense_search(self, question: str, embedding: list[float], top_k: int) -> list[Passage]:
        del question
        found = self.index.search(embedding, top_k=top_k)
        return [replace(one, ranking=Ranking(dense_rank=rank)) for rank, one in enumerate(found, start=1)]

    def _hybrid_search(self, question: str, embedding: list[float], top_k: int) -> list[Passage]:
        collection = self.index.collection
        retriever = hybrid_retriever(collection, self.encoder, self.index.words, sync=False)
        with with_remedy(self.index.path):
            hits = retriever.retrieve_by_embedding(question, np.asarray(embedding, dtype=np.float32), top_k)
            if not hits:
                return []
            found = collection.get(ids=[hit.id for hit in hits], include=["documents", "metadatas"])
        stored = zip(found["ids"], found["documents"] or [], found["metadatas"] or [], strict=True)
        records = {key: (text or "", data or {}) for key, text, data in stored}
        return [_passage(hit, *records[hit.id]) for hit in hits if hit.id in records]

    def _best_cosine(self, embedding: list[float], found: Sequence[Passage]) -> float | None:
        """Return the highest cosine in the index, also if words put other passages before it."""
        first = [passage.score for passage in found if passage.ranking.dense_rank == 1]
        best = first or [passage.score for passage in self.index.search(embedding, top_k=1)]
        return best[0] if best else None


def opened_reranker(config: EncoderConfig, model: str) -> Qwen3Reranker:
    """Return the loaded reranker; the options that name a place or a device are the encoder's, if they were given.

    Args:
        config: The encoder's options.
        model: Name or folder of the reranker.

    Raises:
        Qwen3EmbedError: There is no such reranker, or it can't be loaded.
    """
    shared = {"cache_folder", "local_files_only", "device"} & config.model_fields_set
    given: Any = {name: getattr(config, name) for name in shared}
    return load_reranker(RerankerConfig(model=model, **given)).load()


def _reranked(reranker: Qwen3Reranker, question: str, passages: Sequence[Passage]) -> list[Passage]:
    texts = [f"{passage.title}\n\n{passage.text}" for passage in passages]
    ranked = reranker.rank(question, texts, scale="logit")
    return [
        replace(passages[one.index], ranking=replace(passages[one.index].ranking, logit=one.score)) for one in ranked
    ]


def _passage(hit: HybridHit, text: str, metadata: Mapping[str, Any]) -> Passage:
    ranking = Ranking(hit.score, hit.dense_rank, hit.bm25_score, hit.bm25_rank)
    return replace(stored_passage(hit.id, text, metadata, hit.dense_score or 0.0), ranking=ranking)
