import numpy as np

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.core.protocols import EmbedRequest


def test_a_backend_returns_float32_embeddings_and_int64_counts_in_order(checkpoint):
    backend = load_backend(EncoderConfig(model=str(checkpoint)))
    texts = ["a", "some more words", ""]
    raw = backend.submit(EmbedRequest(texts, max_length=100)).result()
    assert (raw.embeddings.shape, raw.embeddings.dtype) == ((3, 64), np.float32)
    assert raw.n_tokens.dtype == np.int64
    assert raw.n_tokens.tolist() == [len(ids) for ids in backend.tokenize(texts)]
