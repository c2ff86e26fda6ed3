import numpy as np
import pytest

from checkpoints import build_reranker
from qwen3_embed_integrations import Qwen3Reranker
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.retrieval import Retriever
from rag_documents import chunks_of, document

TEXTS = ["Error E1234 means a full disk.", "Cats sleep all day.", "The harbour opens at nine.", "Write to the office."]


@pytest.fixture
def index(tmp_path, embeddings):
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(chunks_of([document(f"{number}.md", text) for number, text in enumerate(TEXTS)]))
        yield index


@pytest.fixture(scope="module")
def reranker(tmp_path_factory):
    return Qwen3Reranker(model=str(build_reranker(tmp_path_factory.mktemp("reranker"))))


def ask(retriever, question, n_candidates=4):
    embedding = retriever.encoder.encode_query([question])[0].tolist()
    return retriever.retrieve(question, embedding, n_candidates=n_candidates)


def test_without_words_the_order_is_that_of_the_cosine(index, embeddings):
    found = ask(Retriever(index, embeddings.encoder, hybrid=False), "E1234")
    assert [passage.ranking.dense_rank for passage in found.passages] == [1, 2, 3, 4]
    assert all(passage.ranking.fused is None for passage in found.passages)
    cosines = [passage.score for passage in found.passages]
    assert cosines == sorted(cosines, reverse=True)


def test_words_bring_a_passage_forward_and_the_ranking_says_so(index, embeddings):
    found = ask(Retriever(index, embeddings.encoder), "E1234")
    (hit,) = (passage for passage in found.passages if passage.ranking.bm25)
    assert hit.source == "0.md"
    assert hit.ranking.bm25_rank == 1
    assert "e1234" in found.terms
    fused = [passage.ranking.fused for passage in found.passages]
    assert fused == sorted(fused, reverse=True)


def test_the_evidence_is_the_best_cosine_of_the_index_even_if_another_passage_is_first(index, embeddings):
    dense = ask(Retriever(index, embeddings.encoder, hybrid=False), "E1234")
    hybrid = ask(Retriever(index, embeddings.encoder), "E1234", n_candidates=1)
    assert hybrid.evidence.cosine == pytest.approx(dense.passages[0].score, abs=1e-5)
    assert hybrid.evidence.known == dense.evidence.known == 1.0


def test_a_reranker_orders_the_candidates_by_its_logits(index, embeddings, reranker):
    found = ask(Retriever(index, embeddings.encoder, reranker=reranker), "When does the harbour open?", n_candidates=2)
    candidates = ask(Retriever(index, embeddings.encoder), "When does the harbour open?", n_candidates=2).passages
    texts = [f"{passage.title}\n\n{passage.text}" for passage in candidates]
    logits = reranker.score("When does the harbour open?", texts, scale="logit")
    order = np.argsort(-logits, kind="stable")
    assert [passage.id for passage in found.passages] == [candidates[number].id for number in order]
    assert found.evidence.kind == "logit"
    assert found.evidence.score == pytest.approx(logits.max(), abs=1e-5)


def test_a_reranker_reads_no_more_than_the_first_twenty(tmp_path, embeddings, reranker):
    with open_index(tmp_path / "many", embeddings, corpus="notes") as index:
        index.sync(chunks_of([document(f"{number}.md") for number in range(30)]))
        found = ask(Retriever(index, embeddings.encoder, reranker=reranker), "What does 7.md say?", n_candidates=30)
    assert len(found.passages) == 20
    assert all(passage.ranking.logit is not None for passage in found.passages)


def test_an_empty_index_returns_nothing(tmp_path, embeddings, reranker):
    with open_index(tmp_path / "empty", embeddings, corpus="none") as index:
        for options in ({}, {"hybrid": False}, {"reranker": reranker}):
            found = ask(Retriever(index, embeddings.encoder, **options), "x")
            assert found.passages == []
            assert found.evidence.score < 0
