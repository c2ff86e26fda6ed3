"""The faults of server clients, in the remote backend: measured as in `llama_index_tei_probe.py`."""

from __future__ import annotations

from pathlib import Path

from listening import listening
from probing import EMBEDDING, INSTRUCTION, SPACED, outcome

from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.llama_index import Qwen3Embedding


def _integration(url: str) -> Qwen3Embedding:
    return Qwen3Embedding(model="served/model", backend="remote", engine="tei", base_url=url, max_retries=0)


def prompt_text(checkpoint: Path) -> str:
    del checkpoint  # the server's
    with listening(200, [EMBEDDING]) as (url, heard):
        integration = _integration(url)
        try:
            integration.get_query_embedding(SPACED)
        finally:
            integration.encoder.unload()
    return repr(heard[-1].removesuffix(END_TOKEN).removeprefix(f"Instruct: {INSTRUCTION}"))


def server_error(checkpoint: Path) -> str:
    del checkpoint  # the server's
    with listening(500, {"error": "out of memory"}) as (url, _):
        integration = _integration(url)
        try:
            return str(outcome(integration.get_text_embedding, "a")).partition(":")[0]  # its text holds a port
        finally:
            integration.encoder.unload()
