"""Devices to a forward pass; the report of what they use."""

import pytest
import torch

from fake_gpu import CPU, FakeDevices
from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.gpu import build
from qwen3_embed_integrations.backends.torch.gpu.build import gpu_forward, gpu_report
from qwen3_embed_integrations.backends.torch.gpu.data_parallel import DataParallelForward
from qwen3_embed_integrations.backends.torch.gpu.forward import GpuForward
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint, read_json


@pytest.fixture(scope="module")
def opened(checkpoint):
    return open_checkpoint(EncoderConfig(model=str(checkpoint)))


def test_one_device_runs_alone_and_several_side_by_side(opened):
    assert isinstance(gpu_forward(opened, [CPU], "float32"), GpuForward)
    both = gpu_forward(opened, [CPU, CPU], "float32")
    assert isinstance(both, DataParallelForward)
    assert both.streams.count == 2


def test_the_report_tells_memory_dtype_and_what_was_tried(opened, monkeypatch):
    architecture = Qwen3Architecture.of(read_json(opened.folder / "config.json"))
    monkeypatch.setattr(build, "attention_of", attention_on_the_cpu(build.attention_of))
    layer = FakeDevices(capability=(6, 1), memory=(7_500_000_000, 8_000_000_000))
    found = gpu_report(architecture, [torch.device("cuda:1")], "auto", 16384, layer)
    assert [name for name, _ in found] == ["device", "memory", "dtype", "because", "note"]
    told = dict(found)
    assert "cuda:1 (a card at cuda:1, compute capability 6.1)" in told["device"]
    assert "for batches of 16,384 tokens, 7.5 of 8.0 GB free" in told["memory"]
    assert told["dtype"] == "float32"
    assert "attention by padded" in told["because"]


def attention_on_the_cpu(attention_of):
    """Try the kernels of another card here, where they fail."""

    def tried(architecture, accelerator, dtype):
        from dataclasses import replace

        return attention_of(architecture, replace(accelerator, device=CPU), dtype)

    return tried
