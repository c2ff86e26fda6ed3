"""What an index folder holds before it is opened: whose documents, and whether of weights that are gone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from chromadb.api.client import Client
from chromadb.errors import NotFoundError

from qwen3_embed_integrations.core.catalog import TINY
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.core.vector_space import VectorSpace

COLLECTION = "qwen3_embed_rag"


def drop(client: Client) -> None:
    """Delete the index, if there is one."""
    with suppress(NotFoundError):
        client.delete_collection(COLLECTION)


def check_corpus(client: Client, path: Path, corpus: str) -> None:
    """Check that the index is of these documents, before anything is changed.

    Raises:
        RagError: It belongs to other documents, or another program made it.
    """
    try:
        stored = client.get_collection(COLLECTION, embedding_function=None).metadata or {}
    except NotFoundError:
        return
    if "corpus" not in stored:
        raise RagError(f"The index in {path} was not made by this program. Choose another folder with --index.")
    if stored["corpus"] != corpus:
        raise RagError(
            f"The index in {path} holds {stored['corpus']}, not {corpus}. "
            "Choose another folder with --index, or replace what it holds with --reindex."
        )


def is_outdated(client: Client, space: VectorSpace) -> bool:
    """Tell whether the index holds embeddings of weights of the bundled model that an update has replaced.

    Nobody can embed a question with those weights any more, so that nothing is lost when the index is made anew.
    """
    try:
        stored = client.get_collection(COLLECTION, embedding_function=None).configuration_json
    except NotFoundError:
        return False
    held = _space(stored)
    return space.model == held.get("model") == TINY and "weights" in space.differences(held)


def _space(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the vector space of a collection's configuration; {} if it has none."""
    found = ((configuration.get("embedding_function") or {}).get("config") or {}).get("space")
    return found if isinstance(found, Mapping) else {}
