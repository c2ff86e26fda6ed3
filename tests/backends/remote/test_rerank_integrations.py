"""A reranker on a server in every framework: the same scores, and a stored form that keeps its options."""

from __future__ import annotations

from typing import Any

import haystack
import pytest
from langchain_core.documents import Document
from llama_index.core.schema import NodeWithScore, TextNode

from qwen3_embed_integrations.haystack import Qwen3Ranker
from qwen3_embed_integrations.langchain import Qwen3CrossEncoder
from qwen3_embed_integrations.langchain import Qwen3Rerank as LangChainRerank
from qwen3_embed_integrations.llama_index import Qwen3Rerank as LlamaIndexRerank
from rerank_fixtures import MakeReranker
from rerank_server import RerankServer

QUERY = "Where is the moon tonight?"
TEXTS = ["Cheese.", "The moon is in the east tonight.", "Where is the sun?"]


@pytest.fixture
def options(rerank_server: RerankServer) -> dict[str, Any]:
    return {"backend": "remote", "engine": "vllm", "base_url": rerank_server.url, "model": "somebody/reranker"}


@pytest.fixture
def expected(over: MakeReranker, rerank_server: RerankServer) -> list[tuple[str, float]]:
    return [(TEXTS[one.index], one.score) for one in over(rerank_server).rank(QUERY, TEXTS, top_k=2)]


def test_in_langchain(options: dict[str, Any], expected: list[tuple[str, float]]) -> None:
    rerank = LangChainRerank(**options, top_n=2)
    found = rerank.compress_documents([Document(text) for text in TEXTS], QUERY)
    assert [(one.page_content, one.metadata["relevance_score"]) for one in found] == expected
    scores = Qwen3CrossEncoder(**options).score([(QUERY, text) for text in TEXTS])
    assert sorted(scores, reverse=True)[:2] == [score for _, score in expected]


async def test_in_langchain_without_blocking(options: dict[str, Any], expected: list[tuple[str, float]]) -> None:
    found = await LangChainRerank(**options, top_n=2).acompress_documents([Document(text) for text in TEXTS], QUERY)
    assert [(one.page_content, one.metadata["relevance_score"]) for one in found] == expected


def test_in_llama_index(options: dict[str, Any], expected: list[tuple[str, float]]) -> None:
    rerank = LlamaIndexRerank.from_dict(LlamaIndexRerank(**options, top_n=2).to_dict())
    assert (rerank.engine, rerank.base_url) == ("vllm", options["base_url"])
    nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in TEXTS]
    found = rerank.postprocess_nodes(nodes, query_str=QUERY)
    assert [(one.node.get_content(), one.score) for one in found] == expected


def test_in_haystack(options: dict[str, Any], expected: list[tuple[str, float]]) -> None:
    pipeline = haystack.Pipeline()
    pipeline.add_component("ranker", Qwen3Ranker(**options, top_k=2))
    restored = haystack.Pipeline.loads(pipeline.dumps())
    documents = [haystack.Document(content=text) for text in TEXTS]
    found = restored.run({"ranker": {"query": QUERY, "documents": documents}})["ranker"]["documents"]
    assert [(one.content, one.score) for one in found] == expected
