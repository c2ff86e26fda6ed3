"""Token ids are taken only where the server was told to, and only those of its own tokenizer."""

import numpy as np
import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.registry import load_backend
from served import serving


@pytest.fixture(scope="module")
def lenient():
    with serving(EncoderConfig(model="tiny"), allow_token_ids=True) as running:
        yield running


@pytest.mark.parametrize("text", ["Where is Paris?", "naïve café 学习 🙂"])
def test_own_ids_give_the_texts_embedding(lenient, encoder, text):
    ids = load_backend(encoder.config).tokenize([text])[0]
    expected = encoder.encode_document([text])
    for given in (ids, ids[:-1], [ids]):
        np.testing.assert_array_equal(np.array(lenient.embeddings(input=given), dtype=np.float32), expected)


@pytest.mark.parametrize("ids", [[-1], [10**9], [0, 10**30], "end", "apart"])
def test_ids_that_no_text_has_are_refused(lenient, encoder, ids):
    tokenizer = load_backend(encoder.config).tokenizer
    if ids == "end":
        ids = [tokenizer.end_id]
    elif ids == "apart":
        ids = [tokenizer.tokenize([letter])[0][0] for letter in "the"]
    answer = lenient.post("/v1/embeddings", {"input": ids})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_token_ids")
