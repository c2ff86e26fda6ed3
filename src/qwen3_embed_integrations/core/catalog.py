"""The published Qwen3-Embedding models, and the names under which they are known.

Source: the README tables of QwenLM/Qwen3-Embedding and the models' config.json.
A new model is a row in this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TINY = "tiny"
MIN_DIMENSION = 32


@dataclass(frozen=True)
class PublishedModel:
    """What a user picks a model by.

    Attributes:
        name: Short name, as in `model="0.6B"`.
        repo_id: Name on the hub; "" for the bundled model.
        dimension: Width of a full row.
        num_hidden_layers: Transformer layers.
        context_length: Longest text in tokens.
        n_parameters: Weights, embeddings included.
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
"""The hub models by short name."""


def canonical_model(model: str) -> str:
    """Gives the hub name for a short name ("0.6B", "4b"); any other name as it is."""
    published = MODELS.get(model.upper())
    return published.repo_id if published else model
