"""Any answer is embeddings of the right shape or a BadAnswerError."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.remote.engines import target_of
from qwen3_embed_integrations.backends.remote.protocol import (
    BadAnswerError,
    read_embeddings,
    read_n_tokens,
)


def target(engine="openai", **options):
    return target_of(EncoderConfig(backend="remote", base_url="http://x", model="m/x", engine=engine, **options))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["data", "index", "embedding", "embeddings", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(answer=anything, engine=st.sampled_from(["openai", "tei", "ollama"]), n=st.integers(0, 3))
def test_any_json_is_embeddings_or_a_bad_answer(answer, engine, n):
    try:
        embeddings = read_embeddings(target(engine), json.dumps(answer).encode(), n, width=2)
    except BadAnswerError:
        return
    assert embeddings.shape == (n, 2)
    assert np.isfinite(embeddings).all()


@settings(deadline=None)
@given(content=st.binary(max_size=40))
def test_any_bytes_are_a_bad_answer_or_embeddings(content):
    try:
        embeddings = read_embeddings(target("tei"), content, 1, width=None)
    except BadAnswerError:
        return
    assert np.isfinite(embeddings).all()


@settings(deadline=None)
@given(
    embeddings=st.lists(st.lists(st.floats(1, 2, width=32), min_size=3, max_size=3), min_size=1, max_size=6),
    packed=st.booleans(),
    random=st.randoms(use_true_random=False),
)
def test_embeddings_survive_either_encoding_and_any_order(embeddings, packed, random):
    data = [
        {
            "index": i,
            "embedding": base64.b64encode(np.asarray(embedding, "<f4").tobytes()).decode() if packed else embedding,
        }
        for i, embedding in enumerate(embeddings)
    ]
    random.shuffle(data)
    found = read_embeddings(target(), json.dumps({"data": data}).encode(), len(embeddings), width=3)
    np.testing.assert_array_equal(found, np.asarray(embeddings, np.float32))


NOT_NUMBERS = ("0.5", True, False, None, [0.5], {}, "NaN", "inf")


@pytest.mark.parametrize("wrong", NOT_NUMBERS)
@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("engine", ["openai", "tei", "ollama"])
def test_numbers_are_json_numbers(engine, place, wrong):
    embedding = [0.5, 0.25, 1]
    embedding[place] = wrong
    answer = {"openai": {"data": [{"embedding": embedding}]}, "ollama": {"embeddings": [embedding]}}.get(
        engine, [embedding]
    )
    with pytest.raises(BadAnswerError, match="is not a list of numbers"):
        read_embeddings(target(engine), json.dumps(answer).encode(), 1, width=3)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400, "9" * 5000, "0x1", "01"])
def test_numbers_that_json_or_float32_does_not_have_are_refused(number):
    with pytest.raises(BadAnswerError):
        read_embeddings(target("tei"), f"[[0.5, {number}]]".encode(), 1, width=2)


@pytest.mark.parametrize("piece", [b"[],", b"{},", b"[[[0]]],"])
def test_more_lists_than_any_answer_needs_are_refused_unparsed(piece):
    with pytest.raises(BadAnswerError, match="too many lists and objects"):
        read_embeddings(target("tei"), b"[" + piece * 100_000, 1, width=None)  # parsed, it would be invalid JSON


def test_an_error_keeps_nothing_of_the_answer_but_its_quotation():
    for content in (b'{"key": "sk-secret1234"', b'"sk-secret1234"', b'[["sk-secret1234"]]', b'[["\xff sk-secret1234'):
        with pytest.raises(BadAnswerError) as caught:
            read_embeddings(target("tei"), content, 1, None, quote=lambda *_: "(quoted)")
        assert "secret1234" not in repr(caught.value)
        assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "answer",
    [
        {"usage": {"prompt_tokens": True}},
        {"usage": {"prompt_tokens": -1}},
        {"usage": {"prompt_tokens": "7"}},
        {"prompt_eval_count": 10**30},
    ],
)
def test_odd_token_counts_are_none(answer):
    assert read_n_tokens(json.dumps(answer).encode(), {}) is None


@pytest.mark.parametrize("header", ["9" * 5000, "٣", "1.5", "-1"])
def test_an_odd_token_header_is_none(header):
    assert read_n_tokens(b"[[1.0]]", {"x-compute-tokens": header}) is None


def test_embeddings_without_indices_keep_their_order():
    data = [{"embedding": [1.0, 0.0]}, {"embedding": [0.0, 1.0]}]
    assert read_embeddings(target(), json.dumps({"data": data}).encode(), 2, width=None).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("answer", "headers", "n_tokens"),
    [
        ({"usage": {"prompt_tokens": 7}}, {}, 7),
        ({"prompt_eval_count": 5}, {}, 5),
        ([[1.0]], {"x-compute-tokens": "3"}, 3),
        ([[1.0]], {}, None),
        ({"usage": None}, {}, None),
    ],
)
def test_token_counts_are_read_where_an_engine_puts_them(answer, headers, n_tokens):
    assert read_n_tokens(json.dumps(answer).encode(), headers) == n_tokens
