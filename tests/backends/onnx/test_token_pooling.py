"""Pooling in numpy is torch's."""

import numpy as np
import pytest
import torch

from qwen3_embed_integrations.backends.onnx.token_pooling import pool
from qwen3_embed_integrations.backends.torch.pooling import pool as torch_pool


@pytest.mark.parametrize("pooling", ["mean", "max", "cls"])
def test_each_pooling_is_torchs(pooling):
    states = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
    cu_seqlens = np.array([0, 1, 5, 12])
    expected = torch_pool(torch.from_numpy(states), torch.from_numpy(cu_seqlens), pooling).numpy()
    np.testing.assert_allclose(pool(states, cu_seqlens, pooling), expected, atol=1e-6)
