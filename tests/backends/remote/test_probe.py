"""A probe sends texts exactly as given and reports what the server counted; the config's backend is asked beside it."""

import numpy as np
import pytest

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder, RemoteRefusedError
from qwen3_embed_integrations.backends.registry import open_probe, registry_size
from qwen3_embed_integrations.core.protocols import EmbedRequest
from remote_server import serving, status


def test_texts_are_sent_as_they_are(checkpoint):
    with serving(checkpoint, appends_end_token=False) as bare:
        config = EncoderConfig(backend="remote", base_url=bare.url, model="somebody/model", append_end_token=True)
        before = registry_size()
        with open_probe(config) as probe:
            embeddings, n_tokens = probe.embed(["a"])
            assert (embeddings.shape, n_tokens) == ((1, 64), 1)
            assert probe.appends_end_token
            assert probe.embed(["a"], dimension=32)[0].shape == (1, 32)
            (configured,) = probe.embed_as_configured(EmbedRequest(["a"], max_length=16))
        assert registry_size() == before
    expected = Qwen3Encoder(model=str(checkpoint)).encode_document(["a"])[0]
    assert configured @ expected / np.linalg.norm(configured) == pytest.approx(1, abs=1e-5)


def test_a_request_that_is_too_large_is_refused_with_the_servers_words(server):
    with open_probe(EncoderConfig(backend="remote", base_url=server.url, model="somebody/model")) as probe:
        server.faults.append(status(413, "batch size 5 is too large"))
        with pytest.raises(RemoteRefusedError, match="batch size 5"):
            probe.embed(["a"])
