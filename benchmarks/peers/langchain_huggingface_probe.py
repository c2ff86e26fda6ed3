"""langchain-huggingface: HuggingFaceEmbeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_classic.storage import InMemoryByteStore
from langchain_core.load import dumpd
from langchain_huggingface import HuggingFaceEmbeddings
from probing import CODE, QUERY, answer, cosine, norm, outcome, probe
from sentence_transformers import SentenceTransformer


def _peer(checkpoint: Path, **options: Any) -> HuggingFaceEmbeddings:
    return HuggingFaceEmbeddings(model_name=str(checkpoint), **options)


@probe
def query_instruction(checkpoint: Path) -> float:
    peer = _peer(checkpoint)
    return cosine(peer.embed_query(QUERY), peer.embed_documents([QUERY])[0])


@probe
def newlines(checkpoint: Path) -> float:
    true = SentenceTransformer(str(checkpoint)).encode_document(CODE)
    return cosine(_peer(checkpoint).embed_documents([CODE])[0], true)


@probe
def truncated_norm(checkpoint: Path) -> float:
    return norm(_peer(checkpoint, model_kwargs={"truncate_dim": 32}).embed_query(QUERY))


@probe
def cache_role(checkpoint: Path) -> float:
    # with the query prompt set by hand, so that the cache is all that goes wrong
    peer = _peer(checkpoint, query_encode_kwargs={"prompt_name": "query"})
    cached = CacheBackedEmbeddings.from_bytes_store(
        peer, InMemoryByteStore(), namespace="one", query_embedding_cache=True, key_encoder="sha256"
    )
    cached.embed_documents([QUERY])
    return cosine(cached.embed_query(QUERY), peer.embed_query(QUERY))


@probe
def stored_form(checkpoint: Path) -> str:
    return str(dumpd(_peer(checkpoint))["type"])


@probe
def none_among_texts(checkpoint: Path) -> str:
    return str(outcome(_peer(checkpoint).embed_documents, ["a", None]))


@probe
def multi_process_prompt(checkpoint: Path) -> float:
    options = {"query_encode_kwargs": {"prompt_name": "query"}}
    true = _peer(checkpoint, **options).embed_query(QUERY)
    return cosine(_peer(checkpoint, multi_process=True, **options).embed_query(QUERY), true)


if __name__ == "__main__":
    answer()
