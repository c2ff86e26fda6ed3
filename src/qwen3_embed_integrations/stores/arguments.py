"""What was given to a framework's store object, where a wrong value would spoil scores or make a wrong table."""

from __future__ import annotations

from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError

_DIMENSIONS = ("embedding_dim", "embedding_dimension", "embed_dim", "dim")
"""Keyword of the dimension in Haystack's Qdrant, Haystack's pgvector, LlamaIndex's pgvector and LlamaIndex's Milvus."""


def check_dimension(store: Any, dimension: int) -> None:
    """Check the dimension that a store was told, before it makes a table of that width.

    Raises:
        ConfigError: It isn't the encoder's; the message names the argument.
    """
    if type(store).__module__.partition(".")[0] not in {"llama_index", "haystack_integrations", "milvus_haystack"}:
        return
    for name in _DIMENSIONS:
        told = getattr(store, name, None)
        if isinstance(told, int) and told != dimension:
            raise ConfigError(
                f"{type(store).__name__} was made with {name}={told}, but the embeddings have {dimension} numbers. "
                f"Give {name}={dimension}."
            )


def check_scores(store: Any, metric: str) -> None:
    """Check that the store gives nearer documents the higher relevance.

    Args:
        store: The framework's object.
        metric: Of the collection.

    Raises:
        ConfigError: It doesn't; the message names the argument to give.
    """
    check = _SCORES.get((type(store).__module__.partition(".")[0], type(store).__name__))
    if check is not None:
        check(store, metric)


def out_of_step(store: Any) -> str:
    """Return what is wrong with LangChain's FAISS store after an add that failed halfway; "" if nothing is."""
    n_vectors, n_documents = int(store.index.ntotal), len(store.index_to_docstore_id)
    if n_vectors == n_documents:
        return ""
    return (
        f"{n_vectors:,} vectors, but {n_documents:,} documents: an add failed halfway, and searches return other texts"
    )


def _faiss(store: Any, _: str) -> None:
    if found := out_of_step(store):
        raise ConfigError(f"FAISS has {found}. Load the last saved store, or add all documents to a new one.")
    strategy = _value(store.distance_strategy)
    if strategy != "MAX_INNER_PRODUCT":
        raise ConfigError(
            f"FAISS was made with distance_strategy={strategy}: its relevance scores are wrong for unit vectors. Give "
            "distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT and relevance_score_fn=stores.faiss.relevance."
        )
    if store.override_relevance_score_fn is None:
        raise ConfigError(
            "FAISS with MAX_INNER_PRODUCT scores the most similar text lowest: score_threshold would keep the worst. "
            "Give relevance_score_fn=stores.faiss.relevance."
        )


def _milvus(store: Any, metric: str) -> None:
    given = store.index_params
    first = given[0] if isinstance(given, list) and given else given or {}
    told = str(first.get("metric_type", "none")).lower()
    if told != metric:
        raise ConfigError(
            f"Milvus was opened with index_params of metric {told}, and the collection has {metric}: relevance scores "
            f'would be wrong. Give index_params={{"index_type": "AUTOINDEX", "metric_type": "{metric.upper()}", '
            '"params": {}}.'
        )


def _langchain_pgvector(store: Any, _: str) -> None:
    inner = getattr(store, "_PGVectorStore__vs", store)
    strategy = _value(inner.distance_strategy)
    if strategy != "COSINE_DISTANCE":
        raise ConfigError(
            f"PGVectorStore was made with distance_strategy={strategy}: relevance is wrong for unit vectors, "
            "and with INNER_PRODUCT high for opposite ones. Give DistanceStrategy.COSINE_DISTANCE."
        )
    if inner.hybrid_search_config is not None:
        raise ConfigError(
            "PGVectorStore was made with a hybrid_search_config, which keeps the words of its first query for all "
            "later ones. Make it without, and give hybrid_search_config=HybridSearchConfig(fts_query=…) at each search."
        )


def _langchain_qdrant(store: Any, metric: str) -> None:
    told = _value(store.distance)
    if metric != "cosine" or told != "COSINE":
        raise ConfigError(
            f"QdrantVectorStore was made with distance={told} over a collection of metric {metric}: relevance is "
            "wrong, and of DOT reversed. Make the collection with cosine, and give distance=Distance.COSINE."
        )


def _haystack_pgvector(store: Any, _: str) -> None:
    if store.vector_function not in {"cosine_similarity", "inner_product"}:
        raise ConfigError(
            f"PgvectorDocumentStore was made with vector_function={store.vector_function!r}. "
            "Give vector_function='cosine_similarity'."
        )


def _pinecone(store: Any, _: str) -> None:
    strategy = _value(store.distance_strategy or "COSINE")
    if strategy != "COSINE":
        raise ConfigError(
            f"PineconeVectorStore was made with distance_strategy={strategy}, which scores the most similar text "
            "lowest. Give distance_strategy=DistanceStrategy.COSINE."
        )


def _value(strategy: Any) -> str:
    return str(getattr(strategy, "name", strategy))


_SCORES = {
    ("langchain_community", "FAISS"): _faiss,
    ("langchain_milvus", "Milvus"): _milvus,
    ("langchain_qdrant", "QdrantVectorStore"): _langchain_qdrant,
    ("langchain_postgres", "PGVectorStore"): _langchain_pgvector,
    ("langchain_postgres", "AsyncPGVectorStore"): _langchain_pgvector,
    ("haystack_integrations", "PgvectorDocumentStore"): _haystack_pgvector,
    ("langchain_pinecone", "PineconeVectorStore"): _pinecone,
}
