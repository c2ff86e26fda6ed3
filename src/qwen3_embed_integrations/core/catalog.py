"""The published Qwen3-Embedding models and their short names.

Source: the README tables of QwenLM/Qwen3-Embedding and the models' config.json.
To add a model, add an entry to `_TABLE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TINY = "tiny"
MIN_DIMENSION = 32


@dataclass(frozen=True)
class PublishedModel:
    """The properties by which a user chooses a model.

    Attributes:
        name: Short name, as in `model="0.6B"`.
        repo_id: Name on the hub; "" for the bundled model.
        dimension: Length of a full embedding.
        num_hidden_layers: Number of transformer layers.
        context_length: Longest text in tokens.
        n_parameters: Number of weights, token embeddings included.
        licence: SPDX identifier.
    """

    name: str
    repo_id: str
    dimension: int
    num_hidden_layers: int
    context_length: int
    n_parameters: int
    licence: str


_TABLE = (
    PublishedModel("0.6B", "Qwen/Qwen3-Embedding-0.6B", 1024, 28, 32768, 595_776_512, "Apache-2.0"),
    PublishedModel("4B", "Qwen/Qwen3-Embedding-4B", 2560, 36, 40960, 4_021_774_336, "Apache-2.0"),
    PublishedModel("8B", "Qwen/Qwen3-Embedding-8B", 4096, 36, 40960, 7_567_295_488, "Apache-2.0"),
)

MODELS: Mapping[str, PublishedModel] = MappingProxyType({published.name: published for published in _TABLE})
"""The models on the hub by short name."""


def canonical_model(model: str) -> str:
    """Return the hub name of a short name ("0.6B", "4b"); return any other name unchanged."""
    published = MODELS.get(model.upper())
    return published.repo_id if published else model


RERANKERS: Mapping[str, str] = MappingProxyType({name: f"Qwen/Qwen3-Reranker-{name}" for name in ("0.6B", "4B", "8B")})
"""The hub names of the published Qwen3-Reranker models by short name."""

RERANKER_CONTEXT = 32768
"""Longest pair of a published reranker in tokens, by the README table of QwenLM/Qwen3-Embedding."""


def canonical_reranker(model: str) -> str:
    """Return the hub name of a reranker's short name ("0.6B", "4b"); return any other name unchanged."""
    return RERANKERS.get(model.upper(), model)
