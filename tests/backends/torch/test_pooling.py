import torch

from qwen3_embed_integrations.backends.torch.pooling import pool

STATES = torch.tensor([[1.0, 5.0], [3.0, 1.0], [7.0, 7.0]], dtype=torch.bfloat16)
BOUNDS = torch.tensor([0, 2, 3])


def test_each_pooling_takes_its_own_tokens_in_float32():
    expected = {
        "cls": [[1, 5], [7, 7]],
        "mean": [[2, 3], [7, 7]],
        "max": [[3, 5], [7, 7]],
    }
    for pooling, embeddings in expected.items():
        out = pool(STATES, BOUNDS, pooling)
        assert out.dtype == torch.float32
        assert out.tolist() == embeddings, pooling
