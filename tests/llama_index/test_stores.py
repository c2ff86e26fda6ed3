"""The LlamaIndex integration in indexes, vector stores and ingestion pipelines."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import chromadb
import numpy as np
import pytest
from chromadb.errors import ChromaError
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.ingestion import IngestionCache, IngestionPipeline
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores import MetadataFilters
from llama_index.vector_stores.chroma import ChromaVectorStore

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.llama_index import Qwen3Embedding

TEXTS = [
    f"Section {i}: {word}" for i, word in enumerate(["heap", "queue", "sort", "list", "tree", "graph", "map", "set"])
]


@pytest.fixture
def embedding(checkpoint: Path) -> Qwen3Embedding:
    return Qwen3Embedding(model=str(checkpoint))


@pytest.fixture
def store() -> ChromaVectorStore:
    client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
    collection = client.create_collection(
        f"docs-{uuid4()}", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    return ChromaVectorStore(chroma_collection=collection)


def index_of(nodes: Sequence[TextNode], store: ChromaVectorStore, embedding: Qwen3Embedding) -> VectorStoreIndex:
    context = StorageContext.from_defaults(vector_store=store)
    return VectorStoreIndex(list(nodes), storage_context=context, embed_model=embedding)


async def test_an_index_over_chroma_ranks_as_the_encoder_does(
    embedding: Qwen3Embedding, store: ChromaVectorStore, checkpoint: Path
) -> None:
    nodes = [
        TextNode(text=text, metadata={"half": ("even", "odd")[i % 2]}, excluded_embed_metadata_keys=["half"])
        for i, text in enumerate(TEXTS)
    ]
    retriever = index_of(nodes, store, embedding).as_retriever(similarity_top_k=3)
    encoder = Qwen3Encoder(model=str(checkpoint))
    scores = encoder.similarity(encoder.encode_query(["which heap?"]), encoder.encode_document(TEXTS))[0]
    best = [TEXTS[i] for i in np.argsort(-scores)[:3]]
    assert [found.text for found in retriever.retrieve("which heap?")] == best
    assert [found.text for found in await retriever.aretrieve("which heap?")] == best
    filters = MetadataFilters.from_dicts([{"key": "half", "value": "even"}])
    reopened = VectorStoreIndex.from_vector_store(store, embed_model=embedding)
    even = reopened.as_retriever(similarity_top_k=8, filters=filters).retrieve("which heap?")
    assert {found.text for found in even} == set(TEXTS[::2])


def test_vectors_of_another_dimension_are_refused_with_both_numbers(
    embedding: Qwen3Embedding, store: ChromaVectorStore
) -> None:
    index_of([TextNode(text="heap")], store, embedding)
    other = VectorStoreIndex.from_vector_store(store, embed_model=embedding.replace(dimension=32))
    with pytest.raises(ChromaError, match="64, got 32"):
        other.insert_nodes([TextNode(text="queue")])
    with pytest.raises(ChromaError, match="64, got 32"):
        other.as_retriever().retrieve("queue")


def test_an_index_takes_more_nodes_than_chroma_takes_in_one_add(
    embedding: Qwen3Embedding, store: ChromaVectorStore
) -> None:
    nodes = [TextNode(text="the same text") for _ in range(5500)]
    embedded = IngestionPipeline(transformations=[embedding]).run(nodes=nodes)
    with pytest.raises(ChromaError, match="max batch size"):
        store.add(list(embedded))  # what IngestionPipeline(vector_store=…) does
    VectorStoreIndex.from_vector_store(store, embed_model=embedding).insert_nodes(embedded)
    assert store.client.count() == len(nodes)


def test_the_ingestion_cache_follows_the_options(embedding: Qwen3Embedding, calls: list[tuple[str, list[str]]]) -> None:
    cache = IngestionCache()

    def run(model: Qwen3Embedding) -> list[list[float]]:
        nodes = [TextNode(text=text, id_=str(i)) for i, text in enumerate(TEXTS)]
        done = IngestionPipeline(transformations=[model], cache=cache).run(nodes=nodes)
        return [node.get_embedding() for node in done]

    embeddings = run(embedding)
    assert run(embedding) == embeddings
    assert calls == [("document", TEXTS)]
    assert len(run(embedding.replace(dimension=32))[0]) == 32
    assert calls == [("document", TEXTS)] * 2


WORKERS = """
import json, sys
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import TextNode
from qwen3_embed_integrations.llama_index import Qwen3Embedding

if __name__ == "__main__":
    model, *texts = sys.argv[1:]
    pipeline = IngestionPipeline(transformations=[Qwen3Embedding(model=model)])
    nodes = pipeline.run(nodes=[TextNode(text=text) for text in texts], num_workers=2)
    print(json.dumps({node.text: node.embedding for node in nodes}))
"""


@pytest.mark.slow
@pytest.mark.skipif(multiprocessing.cpu_count() < 2, reason="LlamaIndex lowers num_workers to the CPUs and warns")
def test_worker_processes_give_the_embeddings_of_one_process(
    embedding: Qwen3Embedding, checkpoint: Path, tmp_path: Path
) -> None:
    script = tmp_path / "workers.py"
    script.write_text(WORKERS, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(script), str(checkpoint), *TEXTS], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    embeddings = json.loads(done.stdout)
    assert list(embeddings) == TEXTS
    np.testing.assert_allclose(list(embeddings.values()), embedding.get_text_embedding_batch(TEXTS), atol=1e-6)
