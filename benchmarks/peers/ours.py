"""The same faults in this package: one function for each peer and fault, measured the same way."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import ours_remote
from haystack import Document
from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_classic.storage import InMemoryByteStore
from langchain_core.load import dumpd
from llama_index.core.storage.kvstore import SimpleKVStore
from probing import CODE, LONG, QUERY, cosine, norm, outcome, seconds_to_fail
from retraining import retrained

from haystack_integrations.components.embedders.qwen3 import Qwen3DocumentEmbedder, Qwen3TextEmbedder
from qwen3_embed_integrations import Qwen3Encoder, TruncationWarning
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction, add_documents, open_collection
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.llama_index import Qwen3Embedding

Measure = Callable[[Path], Any]
OURS: dict[tuple[str, str], Measure] = {
    ("llama_index_tei", "prompt_text"): ours_remote.prompt_text,
    ("llama_index_tei", "server_error"): ours_remote.server_error,
}
DIMENSIONS = (-3, 0, 1000)


def _of(*peers: str) -> Callable[[Measure], Measure]:
    """Register a function for its fault, for the integrations that correspond to these peers."""

    def file(function: Measure) -> Measure:
        for peer in peers:
            OURS[peer, function.__name__.partition("__")[0]] = function
        return function

    return file


def _embeddings(embed: Callable[[Any], Any]) -> str:
    return ", ".join(str(outcome(embed, dimension)).partition(":")[0] for dimension in DIMENSIONS)


@_of("langchain_huggingface", "langchain_qwen3")
def query_instruction__langchain(checkpoint: Path) -> float:
    integration = Qwen3Embeddings(model=str(checkpoint))
    return cosine(integration.embed_query(QUERY), integration.embed_documents([QUERY])[0])


@_of("llama_index_huggingface")
def query_instruction__llama_index(checkpoint: Path) -> float:
    integration = Qwen3Embedding(model=str(checkpoint))
    return cosine(integration.get_query_embedding(QUERY), integration.get_text_embedding(QUERY))


@_of("haystack_sentence_transformers")
def query_instruction__haystack(checkpoint: Path) -> float:
    document = Qwen3DocumentEmbedder(model=str(checkpoint)).run([Document(content=QUERY)])["documents"][0]
    return cosine(Qwen3TextEmbedder(model=str(checkpoint)).run(QUERY)["embedding"], document.embedding)


@_of("chroma_sentence_transformer")
def query_instruction__chroma(checkpoint: Path) -> float:
    integration = Qwen3EmbeddingFunction(model=str(checkpoint))
    return cosine(integration.embed_query([QUERY])[0], integration([QUERY])[0])


@_of("sentence_transformers")
def query_instruction__encoder(checkpoint: Path) -> float:
    encoder = Qwen3Encoder(model=str(checkpoint))
    return cosine(encoder.encode_query([QUERY])[0], encoder.encode_document([QUERY])[0])


@_of("langchain_huggingface")
def newlines(checkpoint: Path) -> float:
    from sentence_transformers import SentenceTransformer

    true = SentenceTransformer(str(checkpoint), device="cpu").encode_document(CODE)
    return cosine(Qwen3Embeddings(model=str(checkpoint)).embed_documents([CODE])[0], true)


@_of("langchain_huggingface")
def truncated_norm__langchain(checkpoint: Path) -> float:
    return norm(Qwen3Embeddings(model=str(checkpoint), dimension=32).embed_query(QUERY))


@_of("haystack_sentence_transformers")
def truncated_norm__haystack(checkpoint: Path) -> float:
    return norm(Qwen3TextEmbedder(model=str(checkpoint), dimension=32).run(QUERY)["embedding"])


@_of("chroma_sentence_transformer")
def truncated_norm__chroma(checkpoint: Path) -> float:
    return norm(Qwen3EmbeddingFunction(model=str(checkpoint), dimension=32)([QUERY])[0])


@_of("sentence_transformers")
def truncated_norm__encoder(checkpoint: Path) -> float:
    return norm(Qwen3Encoder(model=str(checkpoint), dimension=32).encode_query([QUERY])[0])


@_of("haystack_sentence_transformers")
def dimension_range__haystack(checkpoint: Path) -> str:
    return _embeddings(lambda d: len(Qwen3TextEmbedder(model=str(checkpoint), dimension=d).run(QUERY)["embedding"]))


@_of("sentence_transformers")
def dimension_range__encoder(checkpoint: Path) -> str:
    return _embeddings(lambda d: Qwen3Encoder(model=str(checkpoint), dimension=d).encode_query([QUERY]).shape[1])


@_of("langchain_huggingface")
def cache_role__langchain(checkpoint: Path) -> float:
    integration, store = Qwen3Embeddings(model=str(checkpoint)), InMemoryByteStore()
    documents, queries = (
        CacheBackedEmbeddings.from_bytes_store(
            integration,
            store,
            namespace=integration.cache_namespace(role),
            query_embedding_cache=role == "query",
            key_encoder="sha256",
        )
        for role in ("document", "query")
    )
    documents.embed_documents([QUERY])
    return cosine(queries.embed_query(QUERY), integration.embed_query(QUERY))


@_of("llama_index_huggingface")
def cache_role__llama_index(checkpoint: Path) -> float:
    integration = Qwen3Embedding(model=str(checkpoint), embeddings_cache=SimpleKVStore())
    integration.get_text_embedding_batch([QUERY])
    true = Qwen3Encoder(model=str(checkpoint)).encode_query([QUERY])[0]
    return cosine(integration.get_query_embedding(QUERY), list(true))


@_of("langchain_huggingface")
def stored_form__langchain(checkpoint: Path) -> str:
    return str(dumpd(Qwen3Embeddings(model=str(checkpoint)))["type"])


@_of("llama_index_huggingface")
def stored_form__llama_index(checkpoint: Path) -> str:
    integration = Qwen3Embedding(model=str(checkpoint), dimension=32)
    same = Qwen3Embedding.from_dict(integration.to_dict()).encoder is integration.encoder
    return "comes back" if same else "differs"


@_of("langchain_huggingface")
def none_among_texts__langchain(checkpoint: Path) -> str:
    return str(outcome(Qwen3Embeddings(model=str(checkpoint)).embed_documents, ["a", None]))


@_of("llama_index_huggingface")
def none_among_texts__llama_index(checkpoint: Path) -> str:
    integration = Qwen3Embedding(model=str(checkpoint))
    integration.get_query_embedding(QUERY)  # load the weights before the clock starts
    return seconds_to_fail(lambda: integration.get_query_embedding(None))


@_of("langchain_qwen3")
def empty_list(checkpoint: Path) -> str:
    return str(outcome(Qwen3Embeddings(model=str(checkpoint)).embed_documents, []))


@_of("llama_index_huggingface")
def slices(checkpoint: Path) -> int:
    integration, calls = Qwen3Embedding(model=str(checkpoint)), []
    inner = Qwen3Encoder.encode

    def counted(self: Qwen3Encoder, texts: Any, *arguments: Any, **named: Any) -> Any:
        calls.append(len(texts))
        return inner(self, texts, *arguments, **named)

    Qwen3Encoder.encode = counted  # type: ignore[method-assign]  # counts what reaches the encoder
    try:
        integration.get_text_embedding_batch([f"text {i}" for i in range(100)])
    finally:
        Qwen3Encoder.encode = inner  # type: ignore[method-assign]  # same
    return len(calls)


@_of("llama_index_huggingface")
def aggregate_norm(checkpoint: Path) -> float:
    integration = Qwen3Embedding(model=str(checkpoint))
    return norm(integration.get_agg_embedding_from_queries([QUERY, "Where is Paris?", "Katze"]))


@_of("haystack_sentence_transformers")
def async_run(checkpoint: Path) -> str:
    embedding = asyncio.run(Qwen3TextEmbedder(model=str(checkpoint)).run_async(QUERY))["embedding"]
    return f"run_async, embedding of {len(embedding)}"


@_of("haystack_sentence_transformers")
def telemetry(checkpoint: Path) -> str:
    told = getattr(Qwen3TextEmbedder(model=str(checkpoint)), "_get_telemetry_data", dict)()
    return ", ".join(sorted(told)) or "nothing"


@_of("chroma_sentence_transformer")
def model_cache(checkpoint: Path) -> str:
    Qwen3EmbeddingFunction(model=str(checkpoint))([QUERY])
    return f"embedding length {len(Qwen3EmbeddingFunction(model=str(checkpoint), dimension=32)([QUERY])[0])}"


@_of("chroma_sentence_transformer")
def other_space(checkpoint: Path) -> str:
    client = chromadb.EphemeralClient()
    open_collection(client, "ours-space", model=str(checkpoint)).upsert(ids=["a"], documents=[QUERY])
    opened = outcome(lambda: open_collection(client, "ours-space", model=str(retrained(checkpoint))))
    return str(opened).partition(":")[0]


@_of("langchain_chroma", "haystack_chroma")
def default_distance(checkpoint: Path) -> str:
    collection = open_collection(chromadb.EphemeralClient(), "ours-distance", model=str(checkpoint))
    return str(collection.configuration_json["hnsw"]["space"])


@_of("chroma_sentence_transformer", "langchain_chroma", "llama_index_chroma")
def big_add(checkpoint: Path) -> str:
    client = chromadb.EphemeralClient()
    collection = open_collection(client, "ours-big", model=str(checkpoint))
    n_texts = client.get_max_batch_size() + 1
    add_documents(client, collection, ["a"] * n_texts, ids=[str(i) for i in range(n_texts)], overwrite=True)
    return f"{collection.count()} stored"


@_of("sentence_transformers")
def half_precision_norm(checkpoint: Path) -> float:
    embeddings = Qwen3Encoder(model=str(checkpoint), dtype="bfloat16").encode_document([f"text {i}" for i in range(50)])
    return float(np.abs(np.linalg.norm(embeddings.astype(np.float64), axis=1) - 1).max())


@_of("sentence_transformers")
def silent_truncation(checkpoint: Path) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Qwen3Encoder(model=str(checkpoint), max_length=64).encode_document([LONG])
    n_warnings = sum(issubclass(one.category, TruncationWarning) for one in caught)
    return f"{n_warnings} warning" + ("" if n_warnings == 1 else "s")
