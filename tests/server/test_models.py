"""Only the models that were named are served, each under its name."""

import numpy as np

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from served import serving


def test_further_models_have_their_own_embeddings_and_others_are_refused(checkpoint):
    with serving(EncoderConfig(model="tiny"), also=(str(checkpoint),)) as two:
        found = two.embeddings(model=str(checkpoint), input="text")
        expected = Qwen3Encoder(model=str(checkpoint)).encode_document(["text"])
        np.testing.assert_array_equal(np.array(found, dtype=np.float32), expected)
        assert len(two.embeddings(model="tiny", input="text")[0]) == 256
        assert two.post("/v1/embeddings", {"input": "a", "model": "0.6B"}).status_code == 404
        assert len(two.http.get("/v1/models").json()["data"]) == 4


def test_a_served_name_is_the_one_that_clients_use():
    with serving(EncoderConfig(model="tiny", served_model="text-embedding-3-small")) as renamed:
        assert len(renamed.embeddings(model="text-embedding-3-small", input="text")[0]) == 256
        assert renamed.post("/v1/embeddings", {"input": "a", "model": "tiny"}).status_code == 404
