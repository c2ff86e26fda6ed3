"""The Haystack integration in pipelines, with stores, and across processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from chromadb.errors import ChromaError
from haystack import Document, Pipeline
from haystack.components.retrievers import InMemoryEmbeddingRetriever, MultiQueryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.errors import DocumentStoreError
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret
from haystack_integrations.components.retrievers.chroma import ChromaEmbeddingRetriever
from haystack_integrations.document_stores.chroma import ChromaDocumentStore

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

TEXTS = [f"Section {i}: {word}" for i, word in enumerate(["heap", "queue", "sort", "list", "tree", "graph", "map"])]
QUERY = "Which heap?"
LOAD = """
import sys
from pathlib import Path
from haystack import Pipeline

pipeline = Pipeline.loads(Path(sys.argv[1]).read_text())
print(pipeline.run({"embedder": {"text": "Which heap?"}})["embedder"]["embedding"][:3])
"""


@pytest.fixture(params=["memory", "chroma"])
def store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return InMemoryDocumentStore(embedding_similarity_function="cosine")
    return ChromaDocumentStore(collection_name=f"docs-{uuid4()}", distance_function="cosine")


def retriever(store: Any, **options: Any) -> Any:
    kind = InMemoryEmbeddingRetriever if isinstance(store, InMemoryDocumentStore) else ChromaEmbeddingRetriever
    return kind(store, **options)


def indexing(store: Any, **options: Any) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("embedder", Qwen3DocumentEmbedder(**options))
    pipeline.add_component("writer", DocumentWriter(store))
    pipeline.connect("embedder.documents", "writer.documents")
    return pipeline


def querying(store: Any, **options: Any) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("embedder", Qwen3TextEmbedder(**options))
    pipeline.add_component("retriever", retriever(store, top_k=3))
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    return pipeline


def ranked(checkpoint: Path, task: str | None = None) -> list[str]:
    encoder = Qwen3Encoder(model=str(checkpoint))
    scores = encoder.similarity(encoder.encode_query([QUERY], task=task), encoder.encode_document(TEXTS))[0]
    return [TEXTS[i] for i in np.argsort(-scores)[:3]]


def documents() -> list[Document]:
    return [Document(content=text, meta={"n": n}) for n, text in enumerate(TEXTS)]


def test_pipelines_rank_as_the_encoder_does(store: Any, checkpoint: Path) -> None:
    written = indexing(store, model=str(checkpoint)).run({"embedder": {"documents": documents()}})
    assert written["writer"]["documents_written"] == len(TEXTS)
    pipeline = querying(store, model=str(checkpoint))
    for task in (None, "code"):
        found = pipeline.run({"embedder": {"text": QUERY, "task": task}})["retriever"]["documents"]
        assert [document.content for document in found] == ranked(checkpoint, task)


async def test_async_pipelines_rank_as_the_encoder_does(checkpoint: Path) -> None:
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    await indexing(store, model=str(checkpoint)).run_async({"embedder": {"documents": documents()}})
    found = await querying(store, model=str(checkpoint)).run_async({"embedder": {"text": QUERY}})
    assert [document.content for document in found["retriever"]["documents"]] == ranked(checkpoint)


def test_a_query_of_another_dimension_is_refused(store: Any, checkpoint: Path) -> None:
    indexing(store, model=str(checkpoint)).run({"embedder": {"documents": documents()}})
    pipeline = querying(store, model=str(checkpoint), dimension=32)
    with pytest.raises(Exception, match=r"size of the query should be the same|64, got 32") as refused:
        pipeline.run({"embedder": {"text": QUERY}})
    assert isinstance(refused.value.__cause__ or refused.value, (DocumentStoreError, ChromaError))


def test_documents_of_another_dimension_are_refused_by_chroma(checkpoint: Path) -> None:
    store = ChromaDocumentStore(collection_name=f"docs-{uuid4()}", distance_function="cosine")
    indexing(store, model=str(checkpoint)).run({"embedder": {"documents": documents()}})
    narrow = Qwen3DocumentEmbedder(model=str(checkpoint), dimension=32).run([Document(content="another")])["documents"]
    with pytest.raises(ChromaError, match="64, got 32"):
        store.write_documents(narrow)


def test_threads_of_a_multi_query_retriever_share_one_embedder(checkpoint: Path) -> None:
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    indexing(store, model=str(checkpoint)).run({"embedder": {"documents": documents()}})
    many = MultiQueryEmbeddingRetriever(
        retriever=retriever(store, top_k=3), query_embedder=Qwen3TextEmbedder(model=str(checkpoint))
    )
    found = many.run(queries=[QUERY] * 5)["documents"]
    assert [document.content for document in found] == ranked(checkpoint)


def test_a_stored_pipeline_gives_back_every_option(checkpoint: Path) -> None:
    options = {"model": str(checkpoint), "dimension": 32, "task": "code", "document_task": "", "device": "cpu"}
    pipeline = Pipeline()
    pipeline.add_component("queries", Qwen3TextEmbedder(**options, token=Secret.from_env_var("X", strict=False)))
    pipeline.add_component(
        "documents", Qwen3DocumentEmbedder(**options, meta_fields_to_embed=["n"], embedding_separator=" ")
    )
    given_back = Pipeline.loads(pipeline.dumps())
    assert given_back.to_dict() == pipeline.to_dict()
    for name in ("queries", "documents"):
        embedder = given_back.get_component(name)
        assert {option: getattr(embedder.config, option) for option in options} == options


def test_an_unknown_option_in_a_stored_pipeline_is_named(checkpoint: Path) -> None:
    pipeline = Pipeline()
    pipeline.add_component("embedder", Qwen3TextEmbedder(model=str(checkpoint)))
    with pytest.raises(Exception, match="Did you mean 'dimension'"):
        Pipeline.loads(pipeline.dumps().replace("dimension:", "dimensoin:"))


def test_a_stored_pipeline_loads_in_a_fresh_process_without_an_allow_list(checkpoint: Path, tmp_path: Path) -> None:
    pipeline = querying(InMemoryDocumentStore(), model=str(checkpoint))
    pipeline.remove_component("retriever")
    path = tmp_path / "pipeline.yaml"
    path.write_text(pipeline.dumps(), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", LOAD, str(path)], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    embedding = Qwen3TextEmbedder(model=str(checkpoint)).run(QUERY)["embedding"]
    assert done.stdout.strip() == str(embedding[:3])
