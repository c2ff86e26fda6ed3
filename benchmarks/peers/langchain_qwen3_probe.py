"""langchain-qwen3: Qwen3Embeddings of that package."""

from __future__ import annotations

from pathlib import Path

from langchain_qwen3 import Qwen3Embeddings
from probing import QUERY, answer, cosine, outcome, probe


@probe
def query_instruction(checkpoint: Path) -> float:
    peer = Qwen3Embeddings(model=str(checkpoint))
    return cosine(peer.embed_query(QUERY), peer.embed_documents([QUERY])[0])


@probe
def empty_list(checkpoint: Path) -> str:
    return str(outcome(Qwen3Embeddings(model=str(checkpoint)).embed_documents, []))


if __name__ == "__main__":
    answer()
