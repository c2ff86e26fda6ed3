"""What a store was told, where a wrong value spoils its scores; the real stores stand in the engines' tests."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores.arguments import check_dimension, check_scores


class Strategy(Enum):
    COSINE = 1
    MAX_INNER_PRODUCT = 2


def store(module: str, kind: str, **attributes: Any) -> Any:
    return type(kind, (), {"__module__": module, **attributes})()


@pytest.mark.parametrize("name", ["embedding_dim", "embedding_dimension", "embed_dim", "dim"])
def test_a_wrong_dimension_names_its_argument(name: str) -> None:
    made = store("haystack_integrations.document_stores.x", "Store", **{name: 768})
    with pytest.raises(ConfigError, match=rf"Store was made with {name}=768.*Give {name}=64"):
        check_dimension(made, 64)
    check_dimension(made, 768)
    check_dimension(store("mine", "Store", **{name: 768}), 64)  # what another class calls so is its own


def test_pinecones_inner_product_is_refused() -> None:
    check_scores(store("langchain_pinecone.vectorstores", "PineconeVectorStore", distance_strategy=None), "cosine")
    wrong = store("langchain_pinecone.v", "PineconeVectorStore", distance_strategy=Strategy.MAX_INNER_PRODUCT)
    with pytest.raises(ConfigError, match=r"INNER_PRODUCT, which scores the most similar.*DistanceStrategy\.COSINE"):
        check_scores(wrong, "cosine")


def test_milvus_is_told_the_metric_of_the_collection() -> None:
    for given in ({"metric_type": "IP"}, [{"metric_type": "IP"}]):
        check_scores(store("langchain_milvus.vectorstores", "Milvus", index_params=given), "ip")
    with pytest.raises(ConfigError, match=r'of metric none, and the collection has ip.*"metric_type": "IP"'):
        check_scores(store("langchain_milvus.vectorstores", "Milvus", index_params=None), "ip")


def test_an_unknown_store_has_no_known_traps() -> None:
    check_scores(object(), "cosine")
