"""Qwen3Rerank in LangChain's own retrievers."""

import asyncio
import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_classic.retrievers.document_compressors import CrossEncoderReranker, DocumentCompressorPipeline
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from checkpoints import build_reranker
from qwen3_embed_integrations import ConfigError, InputTypeError, Qwen3Reranker
from qwen3_embed_integrations.langchain import Qwen3CrossEncoder, Qwen3Rerank

QUERY = "What is the capital of China?"
DOCUMENTS = [
    Document(page_content=text, metadata={"n": index}, id=str(index))
    for index, text in enumerate(["Beijing is the capital.", "Gravity pulls.", "", "中国", "Beijing is the capital."])
]


class Fixed(BaseRetriever):
    """A retriever that finds the same documents for every query."""

    found: list[Document]

    def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
        del query
        return self.found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(build_reranker(tmp_path_factory.mktemp("reranker") / "model"))


@pytest.fixture
def rerank(model: str) -> Qwen3Rerank:
    return Qwen3Rerank(model=model, dtype="float32", top_n=3)


def expected(model: str, **limits: Any) -> list[tuple[int, float]]:
    ranked = Qwen3Reranker(model=model, dtype="float32").rank(QUERY, [d.page_content for d in DOCUMENTS], **limits)
    return [(one.index, one.score) for one in ranked]


def found(documents: Any) -> list[tuple[int, float]]:
    return [(document.metadata["n"], document.metadata["relevance_score"]) for document in documents]


def test_a_compression_retriever_returns_the_best_documents_with_their_scores(rerank: Qwen3Rerank, model: str) -> None:
    before = copy.deepcopy(DOCUMENTS)
    retriever = ContextualCompressionRetriever(base_compressor=rerank, base_retriever=Fixed(found=DOCUMENTS))
    assert found(retriever.invoke(QUERY)) == expected(model, top_k=3)
    assert found(asyncio.run(retriever.ainvoke(QUERY))) == expected(model, top_k=3)
    assert before == DOCUMENTS


def test_a_pipeline_of_compressors_passes_callbacks(rerank: Qwen3Rerank) -> None:
    pipeline = DocumentCompressorPipeline(transformers=[rerank])
    assert len(pipeline.compress_documents(DOCUMENTS, QUERY, callbacks=[])) == 3


def test_equal_documents_keep_their_order_and_their_ids(rerank: Qwen3Rerank) -> None:
    whole = rerank.replace(top_n=None).compress_documents(DOCUMENTS, QUERY)
    assert len(whole) == len(DOCUMENTS)
    assert [document.id for document in whole if document.page_content == DOCUMENTS[0].page_content] == ["0", "4"]


def test_min_score_drops_documents_and_no_document_is_fine(rerank: Qwen3Rerank, model: str) -> None:
    whole = expected(model)
    kept = [pair for pair in whole if pair[1] >= whole[1][1]]
    assert found(rerank.replace(min_score=whole[1][1]).compress_documents(DOCUMENTS, QUERY)) == kept
    assert 2 <= len(kept) < len(whole)
    assert rerank.compress_documents([], QUERY) == []


def test_rerank_takes_texts_documents_and_mappings(rerank: Qwen3Rerank, model: str) -> None:
    mixed = [DOCUMENTS[0], "Gravity pulls.", {"text": ""}, {"page_content": "中国"}, DOCUMENTS[4].page_content]
    pairs = [(one["index"], one["relevance_score"]) for one in rerank.rerank(mixed, QUERY, top_n=5)]
    assert pairs == expected(model)
    assert len(rerank.rerank(mixed, QUERY)) == 3
    with pytest.raises(InputTypeError, match="Document 1 has no text"):
        rerank.rerank(["a", {"title": "b"}], QUERY)


def test_langchains_own_cross_encoder_reranker_has_the_same_order(model: str) -> None:
    encoder = Qwen3CrossEncoder(model=model, dtype="float32")
    stock = CrossEncoderReranker(model=encoder, top_n=3)
    assert [document.metadata["n"] for document in stock.compress_documents(DOCUMENTS, QUERY)] == [
        index for index, _ in expected(model, top_k=3)
    ]
    pairs = [("a", "x"), ("b", "y"), ("a", "z")]
    apart = [encoder.score([pair])[0] for pair in pairs]
    assert encoder.score(pairs) == pytest.approx(apart, abs=1e-6)
    assert encoder.score([]) == []


def test_options_are_checked_and_survive_a_pickle(rerank: Qwen3Rerank, model: str) -> None:
    copied = pickle.loads(pickle.dumps(rerank))  # noqa: S301 - our own bytes
    assert copied == rerank
    assert found(copied.compress_documents(DOCUMENTS, QUERY)) == expected(model, top_k=3)
    assert Qwen3Rerank(model_name=model).model == model
    for wrong in ({"top_n": 0}, {"top_k": 3}, {"model": "a", "model_name": "b"}, {"min_score": float("nan")}):
        with pytest.raises(ConfigError):
            Qwen3Rerank(**wrong)
    assert Path(model).is_dir()
