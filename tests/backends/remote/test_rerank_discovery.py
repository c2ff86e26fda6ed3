"""What is known of a reranker on a server before any text is sent; no server is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkpoints import TINY, build_reranker
from qwen3_embed_integrations import CheckpointError, ConfigError, RerankerConfig
from qwen3_embed_integrations.backends.remote.rerank_discovery import open_reranker

NOBODY = "http://127.0.0.1:9/v1"


def opened(model: str, **options: str) -> object:
    return open_reranker(RerankerConfig(backend="remote", base_url=NOBODY, model=model, **options).runtime_config)  # type: ignore[arg-type]


def test_a_published_model_has_its_context_and_a_stranger_has_none() -> None:
    published = open_reranker(RerankerConfig(backend="remote", base_url=NOBODY, model="4B").runtime_config)
    assert published.model_info.context_length == 32768
    assert published.target.model == "Qwen/Qwen3-Reranker-4B"
    stranger = open_reranker(RerankerConfig(backend="remote", base_url=NOBODY, model="a/b").runtime_config)
    assert stranger.model_info.max_length_of(1_000_000) == 1_000_000
    assert stranger.tokenizer is None


def test_a_commit_is_a_revision_and_a_branch_is_none() -> None:
    for revision, kept in (("a" * 40, "a" * 40), ("main", "")):
        config = RerankerConfig(backend="remote", base_url=NOBODY, model="a/b", revision=revision)
        assert open_reranker(config.runtime_config).model_info.revision == kept


def test_a_folder_tells_everything(tmp_path: Path) -> None:
    folder = build_reranker(tmp_path / "model")
    found = open_reranker(RerankerConfig(backend="remote", base_url=NOBODY, model=str(folder)).runtime_config)
    assert found.model_info.weights
    assert found.model_info.context_length == 8192
    assert found.tokenizer is not None


def test_a_folder_that_holds_no_reranker_and_a_tokenizer_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not score pairs"):
        opened(str(TINY))
    with pytest.raises(ConfigError, match="is not a folder"):
        opened("a/b", tokenizer=str(tmp_path / "none"))
