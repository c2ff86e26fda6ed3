"""llama-index-embeddings-huggingface: HuggingFaceEmbedding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llama_index.core.storage.kvstore import SimpleKVStore
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from probing import QUERY, answer, cosine, norm, outcome, probe, seconds_to_fail


def _peer(checkpoint: Path, **options: Any) -> HuggingFaceEmbedding:
    return HuggingFaceEmbedding(model_name=str(checkpoint), device="cpu", **options)


@probe
def query_instruction(checkpoint: Path) -> float:
    peer = _peer(checkpoint)
    return cosine(peer.get_query_embedding(QUERY), peer.get_text_embedding(QUERY))


@probe
def cache_role(checkpoint: Path) -> float:
    prompt = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
    peer = _peer(checkpoint, query_instruction=prompt)
    true = peer.get_query_embedding(QUERY)
    peer.embeddings_cache = SimpleKVStore()
    peer.get_text_embedding_batch([QUERY])
    return cosine(peer.get_query_embedding(QUERY), true)


@probe
def stored_form(checkpoint: Path) -> str:
    stored = _peer(checkpoint, truncate_dim=32).to_dict()
    lost = "" if "truncate_dim" in stored else "truncate_dim lost; "
    back = outcome(HuggingFaceEmbedding.from_dict, stored)
    return lost + (back if isinstance(back, str) else "comes back")


@probe
def none_among_texts(checkpoint: Path) -> str:
    return seconds_to_fail(lambda: _peer(checkpoint).get_query_embedding(None))


@probe
def slices(checkpoint: Path) -> int:
    peer, calls = _peer(checkpoint), []
    whole = HuggingFaceEmbedding._get_text_embeddings  # noqa: SLF001 - every batch goes through it

    def counted(self: HuggingFaceEmbedding, texts: list[str]) -> list[list[float]]:
        calls.append(len(texts))
        return whole(self, texts)

    HuggingFaceEmbedding._get_text_embeddings = counted  # noqa: SLF001 - same
    peer.get_text_embedding_batch([f"text {i}" for i in range(100)])
    HuggingFaceEmbedding._get_text_embeddings = whole  # noqa: SLF001 - same
    return len(calls)


@probe
def aggregate_norm(checkpoint: Path) -> float:
    return norm(_peer(checkpoint).get_agg_embedding_from_queries([QUERY, "Where is Paris?", "Katze"]))


if __name__ == "__main__":
    answer()
