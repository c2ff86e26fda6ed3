"""Our terms in Qdrant's own hybrid search, where the stock tokenizer knows English alone."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode
from llama_index.vector_stores.qdrant import QdrantVectorStore as NodeStore
from pymilvus import MilvusClient
from qdrant_client import models

from qwen3_embed_integrations import ConfigError, InputTypeError
from qwen3_embed_integrations.stores import BM25SparseEmbeddings, MilvusHandle, MilvusSparseEmbeddings, guarded

TEXTS = ["E1234 is raised by getUserName.", "Katzen schlafen den ganzen Tag.", "机器学习很有趣。", "The tower stands."]
QUERIES = {"get user name": 0, "KATZEN": 1, "学习": 2}


def test_langchains_sparse_search_finds_words_of_every_script(qdrant: Any) -> None:
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    qdrant.create_collection("docs", vectors_config={}, sparse_vectors_config={"langchain-sparse": sparse})
    store = QdrantVectorStore(
        qdrant,
        "docs",
        retrieval_mode=RetrievalMode.SPARSE,
        sparse_embedding=BM25SparseEmbeddings(),  # type: ignore[arg-type]
    )
    store.add_texts(TEXTS)
    for query, index in QUERIES.items():
        assert store.similarity_search(query, k=1)[0].page_content == TEXTS[index]


async def test_langchains_hybrid_search_is_guarded(qdrant: Any, embeddings: Any) -> None:
    qdrant.create_collection(
        "docs",
        vectors_config={"": models.VectorParams(size=64, distance=models.Distance.COSINE)},
        sparse_vectors_config={"langchain-sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    store = QdrantVectorStore(
        qdrant,
        "docs",
        embedding=embeddings,
        retrieval_mode=RetrievalMode.HYBRID,
        sparse_embedding=BM25SparseEmbeddings(),  # type: ignore[arg-type]
    )
    guarded(store, embeddings)
    with embeddings.prefetched(TEXTS):
        await store.aadd_texts(TEXTS)
    assert (await store.asimilarity_search("学习", k=4))[0].page_content == TEXTS[2]


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect")
def test_llama_index_takes_the_functions(qdrant: Any, encoder: Any) -> None:
    sparse = BM25SparseEmbeddings()
    store = NodeStore(
        "docs",
        client=qdrant,
        enable_hybrid=True,
        sparse_doc_fn=sparse.document_vectors,
        sparse_query_fn=sparse.query_vectors,
        sparse_config=models.SparseVectorParams(modifier=models.Modifier.IDF),
    )
    ids = [f"00000000-0000-0000-0000-00000000000{i}" for i in range(4)]
    embedded = encoder.encode_document(TEXTS).tolist()
    store.add([TextNode(text=t, id_=i, embedding=e) for t, i, e in zip(TEXTS, ids, embedded, strict=True)])
    found = store.query(
        VectorStoreQuery(
            query_str="getUserName",
            query_embedding=embedded[3],
            mode=VectorStoreQueryMode.SPARSE,
            sparse_top_k=1,
            similarity_top_k=1,
        )
    )
    assert found.nodes[0].node_id == ids[0]


def test_weights_are_bm25s() -> None:
    sparse = BM25SparseEmbeddings(k1=1.0, b=0.0)
    (vector,) = sparse.embed_documents(["cat cat dog"])
    assert sorted(vector.values) == pytest.approx([1.0, 4 / 3])
    assert set(sparse.embed_query("dog").indices) < set(vector.indices)
    assert sparse.embed_documents([""])[0].indices == []
    long, short = BM25SparseEmbeddings().embed_documents(["cat " + "other " * 500, "cat"])
    assert long.values[0] < short.values[0]


@pytest.mark.parametrize("options", [{"k1": -1}, {"b": 1.5}, {"mean_length": 0}])
def test_odd_numbers_and_texts_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="expected k1 of at least 0"):
        BM25SparseEmbeddings(**options)
    with pytest.raises(InputTypeError):
        BM25SparseEmbeddings().embed_query(None)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:The 'ranker_type' and 'ranker_params' parameters are deprecated")
def test_langchains_milvus_finds_words_of_every_script(milvus: MilvusClient, name: str, embeddings: Any) -> None:
    from langchain_milvus import Milvus
    from langchain_milvus.utils.sparse import BaseSparseEmbedding

    BaseSparseEmbedding.register(MilvusSparseEmbeddings)
    cosine = {"index_type": "AUTOINDEX", "metric_type": "COSINE", "params": {}}
    sparse = {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP", "params": {}}
    store = Milvus(
        [embeddings, MilvusSparseEmbeddings(TEXTS)],  # type: ignore[list-item]
        collection_name=name,
        connection_args={"uri": milvus._config.uri},
        vector_field=["vector", "sparse"],
        index_params=[cosine, sparse],
        search_params=[{"metric_type": "COSINE"}, {"metric_type": "IP"}],  # its own drop a fifth of the terms
    )
    store.add_texts(TEXTS, ids=["a", "b", "c", "d"])
    assert MilvusHandle(milvus, name).info().metric == "cosine"
    guarded(store, embeddings)
    for query, index in QUERIES.items():
        ranker = {"ranker_type": "weighted", "ranker_params": {"weights": [0.0, 1.0]}}
        assert store.similarity_search(query, k=1, **ranker)[0].page_content == TEXTS[index]
        assert TEXTS[index] in [found.page_content for found in store.similarity_search(query, k=2)]  # fused by ranks


def test_haystacks_milvus_takes_the_same_vectors(milvus: MilvusClient, name: str, encoder: Any) -> None:
    from haystack import Document
    from haystack.dataclasses import SparseEmbedding
    from milvus_haystack import MilvusDocumentStore, MilvusHybridRetriever

    sparse = MilvusSparseEmbeddings(TEXTS)
    store = MilvusDocumentStore(
        collection_name=name,
        connection_args={"uri": milvus._config.uri},
        index_params={"index_type": "AUTOINDEX", "metric_type": "COSINE", "params": {}},
        sparse_vector_field="sparse",
    )
    embedded = zip(TEXTS, encoder.encode_document(TEXTS).tolist(), sparse.embed_documents(TEXTS), strict=True)
    store.write_documents(
        [
            Document(content=text, embedding=one, sparse_embedding=SparseEmbedding(list(terms), list(terms.values())))
            for text, one, terms in embedded
        ]
    )
    guarded(store, encoder)
    retriever = MilvusHybridRetriever(document_store=store, top_k=2)
    for query, index in QUERIES.items():
        terms = sparse.embed_query(query)
        found = retriever.run(
            query_embedding=encoder.encode_query([query])[0].tolist(),
            query_sparse_embedding=SparseEmbedding(list(terms), list(terms.values())),
        )["documents"]
        assert TEXTS[index] in [document.content for document in found]


def test_a_term_counts_by_its_rarity_among_the_given_documents() -> None:
    sparse = MilvusSparseEmbeddings(["cat dog", "cat bird", "cat"])
    weights = sparse.embed_query("cat bird fish")
    assert len(weights) == 3
    cat, bird, fish = (next(iter(sparse.embed_query(one).values())) for one in ("cat", "bird", "fish"))
    assert 0 < cat < bird < fish
    assert sparse.embed_documents(["", "cat"])[0] == {0: 1e-6}  # Milvus takes no empty vector


async def test_its_async_twins_return_the_same() -> None:
    sparse = MilvusSparseEmbeddings(TEXTS)
    assert await sparse.aembed_query("Katzen") == sparse.embed_query("Katzen")
    assert await sparse.aembed_documents(TEXTS) == sparse.embed_documents(TEXTS)
