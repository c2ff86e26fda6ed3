"""Scores are mapped by index; whatever is no permutation or no number is an error that quotes no secret."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations import RerankerConfig
from qwen3_embed_integrations.backends.remote.protocol import BadAnswerError
from qwen3_embed_integrations.backends.remote.rerank_engines import rerank_target_of
from qwen3_embed_integrations.backends.remote.rerank_protocol import ScoresRequest, are_logits, to_logits
from qwen3_embed_integrations.core.ranking import scores_of
from qwen3_embed_integrations.core.safe_text import safe_line

TARGET = rerank_target_of(RerankerConfig(backend="remote", base_url="http://x", model="m").runtime_config, "vllm")
GOOD = [{"index": 1, "relevance_score": 0.5}, {"index": 0, "relevance_score": 0.25}]


def read(answer: Any, documents: tuple[str, ...] = ("a", "b")) -> list[float]:
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    found: list[float] = ScoresRequest(TARGET, "q", "i", documents).read(content, safe_line)[:, 0].tolist()
    return found


@pytest.mark.parametrize(
    "answer",
    [
        {"results": GOOD},
        {"output": {"results": GOOD}, "request_id": "1"},
        GOOD,
        [{"index": 1, "score": 0.5, "text": "b"}, {"index": 0, "score": 0.25}],
        {"results": [{**one, "document": {"text": "[["}} for one in GOOD]},
    ],
    ids=["results", "DashScope's own", "bare", "score", "echoed"],
)
def test_scores_come_in_the_order_of_the_documents(answer: Any) -> None:
    assert read(answer) == [0.25, 0.5]


@given(st.permutations(range(6)))
def test_any_order_of_the_results_is_put_right(order: list[int]) -> None:
    results = [{"index": index, "relevance_score": index / 8} for index in order]
    assert read({"results": results}, ("d",) * 6) == [index / 8 for index in range(6)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>", "not valid JSON"),
        ({"results": None}, 'expected a list "results"'),
        ({"data": []}, 'expected a list "results"'),
        ([1, 2], 'expected a list "results"'),
        ({"results": GOOD[:1]}, "indices are not 0 to 1, each once"),
        ({"results": [*GOOD, GOOD[0]]}, "indices are not 0 to 1, each once"),
        ({"results": [GOOD[0], GOOD[0]]}, "indices are not 0 to 1, each once"),
        ({"results": [GOOD[0], {**GOOD[1], "index": 2}]}, "indices are not 0 to 1, each once"),
        ({"results": [GOOD[0], {**GOOD[1], "index": -1}]}, "indices are not 0 to 1, each once"),
        ({"results": [GOOD[0], {**GOOD[1], "index": "0"}]}, "indices are not 0 to 1, each once"),
        ({"results": [GOOD[0], {**GOOD[1], "index": False}]}, "indices are not 0 to 1, each once"),
        ({"results": [{"relevance_score": 0.1}, {"relevance_score": 0.2}]}, "indices are not 0 to 1, each once"),
        ({"results": [GOOD[0], {"index": 0}]}, "score of document 0 is not a number but null"),
        ({"results": [GOOD[0], {"index": 0, "relevance_score": "0.1"}]}, "score of document 0 is not a number"),
        ({"results": [GOOD[0], {"index": 0, "relevance_score": True}]}, "score of document 0 is not a number"),
        (b'[{"index": 0, "score": NaN}, {"index": 1, "score": 1}]', "NaN, which is not a JSON number"),
        (b'[{"index": 0, "score": 1e999}, {"index": 1, "score": 1}]', "NaN, infinite or out of range"),
        (b'[{"index": 0, "score": ' + b"9" * 400 + b'}, {"index": 1, "score": 1}]', "NaN, infinite or out of range"),
        (b"[" * 100_000, "too many lists and objects"),
    ],
)
def test_an_answer_that_is_no_permutation_of_numbers_is_refused(answer: Any, message: str) -> None:
    with pytest.raises(BadAnswerError, match=message):
        read(answer)


NAMES = st.sampled_from(["results", "output", "index", "score", "relevance_score", "document"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(0, 1) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
RESULT = st.fixed_dictionaries({"index": st.integers(-1, 2) | JSON, "relevance_score": st.floats() | JSON})


@given(JSON | st.fixed_dictionaries({"results": st.lists(RESULT, max_size=3)}) | st.lists(RESULT, max_size=3))
def test_any_json_is_two_finite_scores_or_refused(answer: Any) -> None:
    try:
        found = read(answer)
    except BadAnswerError:
        return
    assert len(found) == 2
    assert np.isfinite(found).all()


def test_brackets_of_echoed_documents_are_no_lists() -> None:
    documents = ("[{" * 5000, "b")
    results = [{**one, "document": {"text": documents[one["index"]]}} for one in GOOD]  # type: ignore[index]
    assert read({"results": results}, documents) == [0.25, 0.5]


def test_an_echo_of_every_document_fits_into_the_longest_answer() -> None:
    documents = ("\U0001f600" * 500_000, "b")
    results = [{**one, "document": {"text": documents[one["index"]]}} for one in GOOD]  # type: ignore[index]
    request = ScoresRequest(TARGET, "q", "i", documents)
    assert len(json.dumps({"results": results}).encode()) < request.max_bytes


def test_a_request_asks_for_every_document_and_for_logits() -> None:
    body = ScoresRequest(TARGET, "q", "i", ["a", "b"]).body()
    assert body == {
        "model": "m", "query": "q", "documents": ["a", "b"], "top_n": 2, "use_activation": False, "instruction": "i"
    }  # fmt: skip


@given(st.floats(min_value=-16, max_value=16))
def test_a_logit_survives_its_probability(logit: float) -> None:
    p = scores_of(np.array([logit], dtype=np.float32), "probability")
    assert not are_logits(p)
    np.testing.assert_allclose(scores_of(to_logits(p), "probability"), p, rtol=1e-5)


def test_probabilities_of_exactly_0_and_1_are_finite_logits_and_stay_what_they_are() -> None:
    p = np.array([0.0, 1e-30, 0.5, 1 - 2**-24, 1.0], dtype=np.float32)
    logits = to_logits(p)
    assert np.isfinite(logits).all()
    assert (np.diff(logits) > 0).all()
    np.testing.assert_allclose(scores_of(logits, "probability"), p, atol=1e-30, rtol=1e-6)


@pytest.mark.parametrize(
    ("scores", "expected"), [([0.0, 1.0], False), ([1.0000001], False), ([1.5], True), ([-0.1, 0.5], True)]
)
def test_a_score_outside_0_to_1_tells_logits(scores: list[float], expected: bool) -> None:
    assert are_logits(np.array(scores, dtype=np.float32)) is expected
