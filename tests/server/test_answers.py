"""What is written reads back as the same float32, in both encodings."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.server.answers import cohere_answer, openai_answer, tei_answer

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(st.lists(FLOATS, min_size=3, max_size=3), min_size=0, max_size=4))
def test_embeddings_read_back_bit_for_bit(values):
    embeddings = np.array(values, dtype=np.float32).reshape(-1, 3)
    numbers = json.loads(openai_answer(embeddings, "float", "m", 7))
    text = json.loads(openai_answer(embeddings, "base64", "m", 7))
    for index, embedding in enumerate(embeddings):
        np.testing.assert_array_equal(np.array(numbers["data"][index]["embedding"], dtype=np.float32), embedding)
        decoded = np.frombuffer(base64.b64decode(text["data"][index]["embedding"]), dtype="<f4")
        np.testing.assert_array_equal(decoded, embedding)
    assert numbers["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
    assert np.array(json.loads(tei_answer(embeddings))).size == embeddings.size


@pytest.mark.parametrize("name", ['a "quoted" name', "naïve", "\u2028"])
def test_names_and_texts_are_escaped(name):
    embeddings = np.ones((1, 2), dtype=np.float32)
    assert json.loads(openai_answer(embeddings, "float", name, 1))["model"] == name
    assert json.loads(cohere_answer(embeddings, ["float"], [name], 1, "id"))["texts"] == [name]


def test_a_dimension_that_is_a_view_is_written_as_it_reads():
    wide = np.arange(8, dtype=np.float32).reshape(2, 4)[:, ::2]
    assert json.loads(tei_answer(np.ascontiguousarray(wide))) == [[0.0, 2.0], [4.0, 6.0]]
