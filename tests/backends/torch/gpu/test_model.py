"""The decoder on a GPU: equal to the CPU's, few launches, no overflow in float16."""

import importlib.util

import pytest
import torch

from fake_gpu import CPU, VARLEN
from launches import Launches, meta_weights
from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.attention import KeysValues, Layout
from qwen3_embed_integrations.backends.torch.gpu import attention as kernels
from qwen3_embed_integrations.backends.torch.gpu.attention import Attention, VarlenLayout
from qwen3_embed_integrations.backends.torch.gpu.model import GpuQwen3, SharedPrefix
from qwen3_embed_integrations.backends.torch.kernels import triton_ops
from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOpsConfig, TorchGpuOps
from qwen3_embed_integrations.backends.torch.load import load_model, take_weights
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint, read_json

SMALL = {
    "vocab_size": 151669,
    "hidden_size": 1024,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 3072,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1e6,
    "max_position_embeddings": 32768,
}
LENGTHS = [1, 3, 3, 8]


def ops_config(architecture, dtype):
    return GpuOpsConfig(
        architecture.num_attention_heads,
        architecture.num_key_value_heads,
        architecture.head_dim,
        architecture.rms_norm_eps,
        dtype,
    )


@pytest.fixture(scope="module")
def opened(checkpoint):
    return open_checkpoint(EncoderConfig(model=str(checkpoint)))


@pytest.fixture(scope="module")
def batch():
    torch.manual_seed(0)
    bounds = torch.tensor([0, *LENGTHS]).cumsum(0)
    positions = torch.cat([torch.arange(length) for length in LENGTHS])
    return torch.randint(1, 400, (sum(LENGTHS),)), positions, bounds


def gpu_model(opened, dtype):
    architecture = Qwen3Architecture.of(read_json(opened.folder / "config.json"))
    ops = TorchGpuOps(ops_config(architecture, dtype))
    return GpuQwen3(architecture, take_weights(opened, CPU, dtype), dtype, VARLEN, ops)


@torch.inference_mode()
@pytest.mark.parametrize("all_tokens", [False, True])
def test_it_computes_what_the_cpus_decoder_does(opened, batch, all_tokens):
    ids, positions, bounds = batch
    wanted = None if all_tokens else bounds[1:] - 1
    ours = gpu_model(opened, torch.float32)(ids, positions, VarlenLayout.of(LENGTHS, bounds.int()), wanted)
    theirs = load_model(opened, CPU, torch.float32)(ids, positions, Layout.of(LENGTHS, bounds), wanted)
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=1e-5)
    assert ours.dtype == torch.float32


@torch.inference_mode()
def test_keys_of_a_prefix_in_front_of_each_sequence_act_as_the_prefix_itself(opened, batch):
    ids, positions, bounds = batch
    model, prefix = gpu_model(opened, torch.float32), torch.tensor([7, 8, 9, 10, 11])
    n = len(prefix)
    states = model.keys_values(prefix, VarlenLayout.of([n], torch.tensor([0, n], dtype=torch.int32)))
    assert all(isinstance(one, KeysValues) and one.key.shape[0] == n for one in states)
    sequence = torch.repeat_interleave(torch.arange(len(LENGTHS)), torch.tensor(LENGTHS))
    places = torch.arange(len(ids)) + n * (sequence + 1)
    layout = VarlenLayout.of(LENGTHS, bounds.int()).behind(n)
    shared = SharedPrefix(states, places, layout.cu_seqlens_k[:-1].long(), len(ids) + n * len(LENGTHS))
    found = model(ids, positions + n, layout, bounds[1:] - 1, shared)

    whole = torch.cat([torch.cat((prefix, part)) for part in ids.split(LENGTHS)])
    lengths = [n + length for length in LENGTHS]
    ends = torch.tensor([0, *lengths]).cumsum(0)
    written_out = torch.cat([torch.arange(length) for length in lengths])
    expected = model(whole, written_out, VarlenLayout.of(lengths, ends.int()), ends[1:] - 1)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)


@torch.inference_mode()
def test_float16_scales_the_mlp_so_that_it_does_not_overflow(opened, batch):
    ids, positions, bounds = batch
    layout, wanted = VarlenLayout.of(LENGTHS, bounds.int()), bounds[1:] - 1
    take = take_weights(opened, CPU, torch.float32)

    def scaled(dtype):
        """Return weights whose MLP's inner values reach about 300,000, as the 8B model's do."""

        def weight(name, *shape):
            factor = 2.0**10 if "up_proj" in name or "gate_proj" in name else 1
            return (take(name, *shape) * factor).to(dtype)

        return weight

    architecture = Qwen3Architecture.of(read_json(opened.folder / "config.json"))
    exact = GpuQwen3(
        architecture, scaled(torch.float32), torch.float32, VARLEN, TorchGpuOps(ops_config(architecture, torch.float32))
    )
    half = GpuQwen3(
        architecture, scaled(torch.float16), torch.float16, VARLEN, TorchGpuOps(ops_config(architecture, torch.float16))
    )
    inner = []
    swiglu = TorchGpuOps.swiglu
    recorded = exact.arithmetic.ops
    recorded.swiglu = lambda gate_up, factor=1.0: inner.append(swiglu(recorded, gate_up, factor)) or inner[-1]
    expected = exact(ids, positions, layout, wanted)
    found = half(ids, positions, layout, wanted)
    assert max(float(one.abs().max()) for one in inner) > 70_000  # beyond float16's range
    assert torch.isfinite(found).all()
    assert torch.cosine_similarity(found, expected).min() > 0.999


@torch.inference_mode()
def test_the_exact_arithmetic_is_float32_on_the_same_weights(opened, batch):
    ids, positions, bounds = batch
    layout, wanted = VarlenLayout.of(LENGTHS, bounds.int()), bounds[1:] - 1
    model = gpu_model(opened, torch.bfloat16)
    found = model(ids, positions, layout, wanted, None, model.exact(VARLEN))
    take = take_weights(opened, CPU, torch.bfloat16)
    architecture = model.architecture
    rounded = GpuQwen3(
        architecture,
        lambda name, *shape: take(name, *shape).float(),
        torch.float32,
        VARLEN,
        TorchGpuOps(ops_config(architecture, torch.float32)),
    )
    torch.testing.assert_close(found, rounded(ids, positions, layout, wanted))


class Named:
    """Names in the place of Triton's kernels, where Triton is not installed."""

    def __getattr__(self, name):
        return name


@torch.no_grad()  # in inference mode products aren't taken apart into what runs
@pytest.mark.parametrize("n_prefix", [0, 20])
def test_a_pass_is_at_most_300_launches_and_a_layer_at_most_12(monkeypatch, n_prefix):
    """The unfused forward took 1,018, counted in the same way."""
    architecture, counting = Qwen3Architecture.of(SMALL), Launches()
    if importlib.util.find_spec("triton") is None:
        monkeypatch.setattr(triton_ops, "import_kernels", Named)
    ops = triton_ops.TritonOps(ops_config(architecture, torch.bfloat16), counting.launch)
    flash = Attention("flash", kernels.flash)
    model = GpuQwen3(architecture, meta_weights, torch.bfloat16, flash, ops)
    n, length = 128, 128
    bounds = torch.empty(n + 1, dtype=torch.int32, device="meta")
    numbers = torch.empty(n * length, dtype=torch.int64, device="meta")
    layout, prefix = VarlenLayout.of([length] * n, bounds), None
    if n_prefix:
        keys = torch.empty(n_prefix, 8, 128, dtype=torch.bfloat16, device="meta")
        layout = layout.behind(n_prefix)
        prefix = SharedPrefix([KeysValues(keys, keys)] * 28, numbers, bounds[1:].long(), n * (length + n_prefix))
    with counting:
        states = model(numbers, numbers, layout, numbers[:n], prefix)
    assert states.shape == (n, 1024)
    assert counting.total <= 300, counting.counted
    per_layer = {name: count // 28 for name, count in counting.counted.items() if count >= 28}
    assert sum(per_layer.values()) <= 12, per_layer
    assert per_layer["mm"] == 4
    assert counting.counted["_flash_attention_forward"] == 28
