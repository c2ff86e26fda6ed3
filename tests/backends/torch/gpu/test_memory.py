"""The estimate of a GPU's memory, against what a pass keeps alive."""

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from launches import meta_weights
from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.gpu.attention import Attention, VarlenLayout, flash
from qwen3_embed_integrations.backends.torch.gpu.memory import peak_bytes, token_bytes
from qwen3_embed_integrations.backends.torch.gpu.model import GpuQwen3
from qwen3_embed_integrations.backends.torch.kernels import triton_ops
from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOpsConfig

SHAPES = {
    "0.6B": (1024, 28, 16, 3072),
    "4B": (2560, 36, 32, 9728),
    "8B": (4096, 36, 32, 12288),
}


class AliveBytes(TorchDispatchMode):
    """Follows the bytes of tensors that are alive, by their storages."""

    def __init__(self):
        super().__init__()
        self.most = 0
        self._alive = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        if any(one.alias_info is not None for one in func._schema.returns):
            return found  # a view, or in place
        for one in found if isinstance(found, tuple | list) else [found]:
            if isinstance(one, torch.Tensor):
                storage = one.untyped_storage()
                self._alive[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
        self._alive = {key: kept for key, kept in self._alive.items() if not kept[0].expired()}
        self.most = max(self.most, sum(n_bytes for _, n_bytes in self._alive.values()))
        return found


def architecture(name):
    hidden, num_hidden_layers, n_heads, intermediate = SHAPES[name]
    return Qwen3Architecture.of(
        {
            "vocab_size": 151669,
            "hidden_size": hidden,
            "num_hidden_layers": num_hidden_layers,
            "num_attention_heads": n_heads,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "intermediate_size": intermediate,
            "rms_norm_eps": 1e-6,
            "rope_theta": 1e6,
            "max_position_embeddings": 32768,
        }
    )


class Named:
    def __getattr__(self, name):
        return name


@torch.no_grad()
@pytest.mark.parametrize("name", SHAPES)
def test_the_estimate_of_a_token_is_what_a_pass_keeps_alive(monkeypatch, name):
    shape, n = architecture(name), 1024
    monkeypatch.setattr(triton_ops, "import_kernels", Named)
    config = GpuOpsConfig(shape.num_attention_heads, 8, 128, 1e-6, torch.bfloat16)
    ops = triton_ops.TritonOps(config, lambda *_, **__: None)
    model = GpuQwen3(shape, meta_weights, torch.bfloat16, Attention("flash", flash), ops)
    numbers = torch.empty(n, dtype=torch.int64, device="meta")
    layout = VarlenLayout.of([n], torch.empty(2, dtype=torch.int32, device="meta"))
    with AliveBytes() as following:
        model(numbers, numbers, layout, numbers[:1])
    assert following.most / n == pytest.approx(token_bytes(shape, torch.bfloat16), rel=0.02)


def test_the_peak_grows_with_weights_tokens_and_dtype():
    small, large = architecture("0.6B"), architecture("8B")
    assert 1.1e9 < peak_bytes(small, torch.bfloat16, 1) < 2.5e9
    assert peak_bytes(large, torch.bfloat16, 16384) > 15e9
    assert peak_bytes(small, torch.float32, 16384) > peak_bytes(small, torch.bfloat16, 16384)
    assert peak_bytes(small, torch.bfloat16, 32768) > peak_bytes(small, torch.bfloat16, 16384)
