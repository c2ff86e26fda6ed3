"""The fused steps in Triton's interpreter against torch, and the choice between both."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from qwen3_embed_integrations.backends.torch.kernels import triton_ops
from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOpsConfig, TorchGpuOps
from qwen3_embed_integrations.backends.torch.kernels.triton_ops import TritonOps, choose_gpu_ops

CPU = torch.device("cpu")
CONFIG = GpuOpsConfig(4, 2, 16, 1e-6, torch.bfloat16)
INTERPRETER = Path(__file__).resolve().parents[3] / "support" / "triton_interpreter.py"


@pytest.fixture(scope="module")
def interpreted():
    """What the kernels computed in a process of their own: the interpreter is chosen before they are imported."""
    if importlib.util.find_spec("triton") is None:
        pytest.skip("triton is not installed: only its interpreter can run the kernels here")
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONWARNINGS": "default"}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(INTERPRETER)], capture_output=True, text=True, check=True, env=environment
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("dtype", "most"), [("float32", 2e-6), ("bfloat16", 4e-2), ("float16", 4e-3)])
def test_the_kernels_compute_what_torch_does(interpreted, dtype, most):
    differences = interpreted["differences"][dtype]
    assert len(differences) == 20
    assert all(one <= most for one in differences.values()), differences


def test_kernels_that_run_and_agree_are_chosen(interpreted):
    assert interpreted["chosen"] == "TritonOps"
    assert "agreed" in interpreted["reason"]


class Named:
    """Names in the place of kernels."""

    def __getattr__(self, name):
        return name


def fail(*_, **__):
    raise RuntimeError("Failed to find C compiler. Please specify via CC environment variable.\nmore")


def do_nothing(*_, **__):
    """Launch nothing: outputs stay as memory was."""


@pytest.mark.parametrize(
    ("launch", "said"), [(fail, "Failed to find C compiler"), (do_nothing, "differ")], ids=["raises", "wrong"]
)
def test_kernels_that_do_not_run_or_disagree_leave_torch_and_one_warning(monkeypatch, caplog, launch, said):
    monkeypatch.setattr(triton_ops, "import_kernels", Named)
    monkeypatch.setattr(torch, "empty_like", zeros_of(torch.empty_like))
    ops, reason = triton_ops.choose_gpu_ops(CONFIG, CPU, fused=True, run=launch)
    assert isinstance(ops, TorchGpuOps)
    assert said in reason
    assert len(caplog.records) == 1


def zeros_of(empty_like):
    return lambda *args, **options: empty_like(*args, **options).zero_()


def test_without_triton_or_where_it_is_not_used_torch_computes(monkeypatch, caplog):
    def missing():
        raise ImportError("No module named 'triton'")

    monkeypatch.setattr(triton_ops, "import_kernels", missing)
    ops, reason = choose_gpu_ops(CONFIG, CPU, fused=True)
    assert isinstance(ops, TorchGpuOps)
    assert "No module named 'triton'" in reason
    caplog.clear()
    ops, reason = choose_gpu_ops(CONFIG, CPU, fused=False)
    assert isinstance(ops, TorchGpuOps)
    assert "not used" in reason
    assert not caplog.records


def test_each_step_is_one_launch_and_a_prefix_one_more(monkeypatch):
    launched = []
    monkeypatch.setattr(triton_ops, "import_kernels", Named)
    ops = TritonOps(CONFIG, lambda kernel, grid, *_, **__: launched.append((kernel, grid)))
    ops.add_norm(torch.empty(5, 96), None, torch.empty(96))
    angles = torch.empty(5, 8)
    query, key, value = ops.split_heads(torch.empty(5, 8 * 16), torch.empty(6, 16), angles, angles)
    assert (query.shape, key.shape, value.shape) == ((5, 4, 16), (5, 2, 16), (5, 2, 16))
    ops.swiglu(torch.empty(5, 3000))
    assert launched == [("add_norm_kernel", (5,)), ("heads_kernel", (5, 6)), ("swiglu_kernel", (5, 2))]


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_the_kernels_run_on_this_gpu(dtype):
    ops, reason = choose_gpu_ops(GpuOpsConfig(16, 8, 128, 1e-6, dtype), torch.device("cuda", 0), fused=True)
    assert isinstance(ops, TritonOps), reason
