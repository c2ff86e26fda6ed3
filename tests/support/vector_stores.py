"""LangChain's stores with the arguments that `guarded` accepts."""

from __future__ import annotations

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # langchain-community is being sunset
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.vectorstores import FAISS
    from langchain_community.vectorstores.utils import DistanceStrategy

from qwen3_embed_integrations.stores.faiss import create_index, relevance

DIMENSION = 64


def faiss_store(embeddings: Any, index: Any = None) -> FAISS:
    """LangChain's FAISS with the right arguments."""
    return FAISS(
        embeddings,
        create_index(DIMENSION) if index is None else index,
        InMemoryDocstore(),
        {},
        distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
        relevance_score_fn=relevance,
    )
