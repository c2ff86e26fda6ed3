"""Scores in the cache: a pair that was scored before costs no call, and a broken file costs no score."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkpoints import build_reranker
from qwen3_embed_integrations import (
    ConfigError,
    Qwen3Encoder,
    Qwen3Reranker,
    RemoteUnavailableError,
    TextTooLongError,
    TruncationWarning,
)
from qwen3_embed_integrations.core.cache_keys import score_key
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.reranker_config import RerankerConfig
from qwen3_embed_integrations.testing import FakeReranker
from remote_server import status
from rerank_fixtures import MakeReranker, over
from rerank_server import scoring

__all__ = ["over"]

QUERY = "Where is the moon?"
DOCUMENTS = ["The moon is here.", "Cheese.", "", "Where?", "Cheese."]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each call that reached the fake backend."""
    calls: list[list[str]] = []
    submit: Callable[..., Any] = FakeReranker.submit

    def counted(self: FakeReranker, request: EmbedRequest) -> Any:
        calls.append([text.rpartition("<Document>: ")[2] for text in request.texts])
        return submit(self, request)

    monkeypatch.setattr(FakeReranker, "submit", counted)
    return calls


def fake(path: Path, **options: Any) -> Qwen3Reranker:
    return Qwen3Reranker(**{"backend": "fake", "cache_path": str(path / "scores.sqlite"), **options})


def test_a_pair_that_was_scored_before_costs_no_call(tmp_path: Path, computed: list[list[str]]) -> None:
    expected = Qwen3Reranker(backend="fake").score(QUERY, DOCUMENTS)
    computed.clear()
    np.testing.assert_array_equal(fake(tmp_path).score(QUERY, DOCUMENTS), expected)
    np.testing.assert_array_equal(fake(tmp_path).score(QUERY, DOCUMENTS[::-1]), expected[::-1])
    assert computed == [["The moon is here.", "Cheese.", "", "Where?"]]
    ranked = fake(tmp_path).rank(QUERY, [*DOCUMENTS, "Where is a new moon"], top_k=2)
    assert [one.index for one in ranked] == [0, 5]
    assert computed[1:] == [["Where is a new moon"]]


def test_the_async_twin_reads_the_same_file(tmp_path: Path, computed: list[list[str]]) -> None:
    expected = fake(tmp_path).score(QUERY, DOCUMENTS)
    found = asyncio.run(fake(tmp_path, show_progress=False).ascore(QUERY, DOCUMENTS))
    np.testing.assert_array_equal(found, expected)
    assert len(computed) == 1


@pytest.mark.parametrize(
    ("options", "call"),
    [
        ({"model": "4B"}, {}),
        ({"max_length": 700}, {}),
        ({"dtype": "int8"}, {}),
        ({"on_overflow": "error"}, {}),
        ({"instruction": "Find cheese"}, {}),
        ({}, {"instruction": "Find cheese"}),
        ({}, {"query": "Where is the sun?"}),
    ],
    ids=str,
)
def test_whatever_moves_a_score_is_part_of_its_key(
    tmp_path: Path, computed: list[list[str]], options: dict[str, Any], call: dict[str, Any]
) -> None:
    fake(tmp_path).score(QUERY, DOCUMENTS)
    arguments = {"query": QUERY, **call}
    fake(tmp_path, **options).score(arguments.pop("query"), DOCUMENTS, **arguments)
    assert len(computed) == 2


@pytest.mark.parametrize(
    "options",
    [{"device": "cpu"}, {"max_batch_tokens": 64}, {"show_progress": True}, {"max_waiting_calls": 5}, {"plan": "auto"}],
    ids=str,
)
def test_whatever_moves_no_score_is_none(tmp_path: Path, computed: list[list[str]], options: dict[str, Any]) -> None:
    fake(tmp_path).score(QUERY, DOCUMENTS)
    fake(tmp_path, **options).score(QUERY, DOCUMENTS)
    assert len(computed) == 1


def test_every_option_of_a_server_is_part_of_the_key() -> None:
    info = Qwen3Reranker(backend="fake").model_info
    plain = {"backend": "remote", "base_url": "http://a", "model": "m"}
    keys = [
        score_key(RerankerConfig(**{**plain, **changed}).runtime_config, info).digest
        for changed in ({}, {"base_url": "http://b"}, {"engine": "sglang"}, {"served_model": "n"}, {"tokenizer": "t"})
    ]
    assert len(set(keys)) == len(keys)


def test_embeddings_and_scores_of_one_file_are_kept_apart(tmp_path: Path) -> None:
    path = str(tmp_path / "both.sqlite")
    encoder = Qwen3Encoder(backend="fake", cache_path=path)
    reranker = Qwen3Reranker(backend="fake", cache_path=path)
    scores, embeddings = reranker.score(QUERY, DOCUMENTS), encoder.encode_document(DOCUMENTS)
    np.testing.assert_array_equal(reranker.score(QUERY, DOCUMENTS), scores)
    np.testing.assert_array_equal(encoder.encode_document(DOCUMENTS), embeddings)


def test_a_hit_loads_no_weights_and_still_tells_of_a_cut(tmp_path: Path) -> None:
    folder = build_reranker(tmp_path / "model", seed=21)
    options: dict[str, Any] = {
        "model": str(folder), "dtype": "float32", "max_length": 120, "cache_path": str(tmp_path / "scores.sqlite")
    }  # fmt: skip
    long = [*DOCUMENTS, "word " * 200]
    first = Qwen3Reranker(**options)
    with pytest.warns(TruncationWarning, match="text 5 lost"):
        expected = first.score(QUERY, long)
    first.unload()
    again = Qwen3Reranker(**options)
    np.testing.assert_array_equal(again.score(QUERY, DOCUMENTS), expected[:5])
    assert not again.is_loaded
    with pytest.warns(TruncationWarning, match="text 5 lost"):
        np.testing.assert_array_equal(again.score(QUERY, long), expected)


def test_a_damaged_file_costs_no_score(
    tmp_path: Path, computed: list[list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    expected = Qwen3Reranker(backend="fake").score(QUERY, DOCUMENTS)
    computed.clear()
    (tmp_path / "scores.sqlite").write_bytes(b"SQLite format 3\0" + b"rubbish" * 5000)
    (tmp_path / "scores.sqlite.lock").touch()  # tells a damaged cache from another program's file
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(fake(tmp_path).score(QUERY, DOCUMENTS), expected)
    assert "is damaged" in caplog.text
    np.testing.assert_array_equal(fake(tmp_path).score(QUERY, DOCUMENTS), expected)
    assert len(computed) == 1


def test_errors_of_a_call_name_its_own_documents(tmp_path: Path) -> None:
    strict = fake(tmp_path, on_overflow="error", max_length=80)
    strict.score(QUERY, DOCUMENTS)
    with pytest.raises(TextTooLongError, match="Text 3 has"):
        strict.score(QUERY, [*DOCUMENTS[:3], "hay " * 200])
    with pytest.raises(ConfigError, match="no folder"):
        fake(tmp_path / "absent").score(QUERY, DOCUMENTS)


def test_a_servers_scores_are_kept_and_a_failure_is_not(tmp_path: Path, over: MakeReranker) -> None:
    with scoring("vllm") as server:
        options: dict[str, Any] = {"cache_path": str(tmp_path / "scores.sqlite"), "max_retries": 0}
        server.faults.extend([None, status(500, "broken")])  # type: ignore[list-item]
        with pytest.raises(RemoteUnavailableError, match="broken"):
            over(server, **options).score(QUERY, DOCUMENTS)
        expected = over(server, **options).score(QUERY, DOCUMENTS)
        n_requests = len(server.requests)
        np.testing.assert_array_equal(over(server, **options).score(QUERY, DOCUMENTS), expected)
        np.testing.assert_array_equal(over(server, **options).score(QUERY, [DOCUMENTS[0]]), expected[:1])
        assert len(server.requests) == n_requests
