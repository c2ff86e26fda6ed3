"""The traps of the frameworks' own fusion parts that docs/hybrid.md names; one that is mended fails here."""

from __future__ import annotations

from typing import Any

import pytest
from haystack import Document as HaystackDocument
from haystack.components.joiners import DocumentJoiner
from langchain_classic.retrievers import EnsembleRetriever
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import BaseRetriever as LlamaRetriever
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from qwen3_embed_integrations.hybrid import reciprocal_rank_fusion


class Fixed(BaseRetriever):
    """Returns the same documents for every query."""

    documents: list[Document]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del query, run_manager
        return self.documents


class FixedNodes(LlamaRetriever):
    """Returns the same nodes for every query, best first, and counts the queries."""

    def __init__(self, *names: str) -> None:
        self.names, self.n_queries = names, 0
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        del query_bundle
        self.n_queries += 1
        return [
            NodeWithScore(node=TextNode(id_=name, text=name), score=1 / rank)
            for rank, name in enumerate(self.names, start=1)
        ]


def test_langchain_merges_documents_of_equal_text_unless_ids_are_named() -> None:
    documents = [
        Document("Contact us.", id=name, metadata={"id": name, "source": f"{name}.md"}) for name in ("one", "two")
    ]
    retrievers = [Fixed(documents=[document]) for document in documents]
    assert [one.metadata["source"] for one in EnsembleRetriever(retrievers=retrievers).invoke("?")] == ["one.md"]
    assert len(EnsembleRetriever(retrievers=retrievers, id_key="id").invoke("?")) == 2


def test_langchain_returns_no_score() -> None:
    documents = [Document("a", id="a")]
    (found,) = EnsembleRetriever(retrievers=[Fixed(documents=documents)]).invoke("?")
    assert found.metadata == {}


def fused(*sides: LlamaRetriever, **options: Any) -> list[str]:
    retriever = QueryFusionRetriever(
        list(sides), llm=MockLLM(), mode="reciprocal_rerank", use_async=False, similarity_top_k=4, **options
    )
    return [found.node.node_id for found in retriever.retrieve("?")]


def test_llama_index_ignores_the_weights_of_reciprocal_rerank() -> None:
    ways = [
        fused(FixedNodes("a", "b"), FixedNodes("b", "c"), num_queries=1, retriever_weights=weights)
        for weights in ([0.99, 0.01], [0.01, 0.99])
    ]
    assert ways[0] == ways[1]
    sides = [["a", "b"], ["b", "c"]]
    ours = [reciprocal_rank_fusion(sides, weights=weights) for weights in ([0.99, 0.01], [0.01, 0.99])]
    assert [one.id for one in ours[0]] != [one.id for one in ours[1]]


def test_llama_index_asks_a_language_model_for_more_queries_unless_told_not_to() -> None:
    for options, n_queries in (({}, 4), ({"num_queries": 1}, 1)):
        side = FixedNodes("a")
        fused(side, **options)
        assert side.n_queries == n_queries


def test_haystack_takes_the_order_of_a_list_for_its_ranks_and_shares_for_weights() -> None:
    low, high = HaystackDocument(id="low", content="a", score=0.1), HaystackDocument(id="high", content="b", score=0.9)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")
    found = joiner.run(documents=[[low, high]])["documents"]  # the best is not the first: nobody sorts it
    assert [document.id for document in found] == ["low", "high"]
    twice = [
        DocumentJoiner(join_mode="reciprocal_rank_fusion", weights=weights).run(documents=[[low], [high]])["documents"]
        for weights in ([1.0, 3.0], [2.0, 6.0])
    ]
    assert [document.score for document in twice[0]] == pytest.approx([document.score for document in twice[1]])
