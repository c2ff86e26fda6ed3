"""llama-index-embeddings-text-embeddings-inference: what it sends to a server on this machine."""

from __future__ import annotations

from pathlib import Path

from listening import listening
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
from probing import EMBEDDING, INSTRUCTION, SPACED, answer, outcome, probe


@probe
def prompt_text(checkpoint: Path) -> str:
    with listening(200, [EMBEDDING]) as (url, heard):
        peer = TextEmbeddingsInference(
            model_name=str(checkpoint), base_url=url, query_instruction=f"Instruct: {INSTRUCTION}\nQuery:"
        )
        peer.get_query_embedding(SPACED)
    return repr(heard[0].removeprefix(f"Instruct: {INSTRUCTION}"))


@probe
def server_error(checkpoint: Path) -> str:
    with listening(500, {"error": "out of memory"}) as (url, _):
        return str(outcome(TextEmbeddingsInference(model_name=str(checkpoint), base_url=url).get_text_embedding, "a"))


if __name__ == "__main__":
    answer()
