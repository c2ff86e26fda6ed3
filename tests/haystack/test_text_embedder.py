"""Qwen3TextEmbedder: what it gives, takes and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from haystack import Document

from qwen3_embed_integrations import InputTypeError, Qwen3Encoder
from qwen3_embed_integrations.haystack import Qwen3TextEmbedder


def test_a_query_carries_the_instruction_of_its_run(checkpoint: Path, encoder: Qwen3Encoder) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint), task="qa")
    for task in (None, "code", "Find the proof of this theorem"):
        embedding = embedder.run("sort a list", task=task)["embedding"]
        assert embedding == encoder.encode_query(["sort a list"], task=task or "qa")[0].tolist()
        assert {type(value) for value in embedding} == {float}


@pytest.mark.parametrize("bad", [None, 3, ["a list"], Document(content="x")])
async def test_a_query_that_is_no_text_is_refused(checkpoint: Path, bad: Any) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint))
    with pytest.raises(InputTypeError, match="Qwen3DocumentEmbedder"):
        embedder.run(bad)
    with pytest.raises(TypeError, match="Qwen3DocumentEmbedder"):
        await embedder.run_async(bad)


def test_use_after_unload_loads_again(checkpoint: Path) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint))
    vector = embedder.run("heap")
    embedder.encoder.unload()
    assert not embedder.encoder.is_loaded
    assert embedder.run("heap") == vector
