"""Devices, dtypes and threads."""

import threading

import numpy as np
import pytest
import torch

from fake_gpu import FakeDevices
from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.backends.torch.device import (
    HEAVY,
    choose_device,
    choose_devices,
    choose_dtype,
    empty_cache,
    has_amx,
    has_bfloat16_matmul,
    has_signed_int8_matmul,
    to_device,
    use_threads,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize("multiplies", [True, False])
def test_auto_is_bfloat16_only_for_large_models_on_cpus_that_multiply_it(monkeypatch, multiplies):
    device = choose_device("auto")
    assert device.type == ("cuda" if torch.cuda.is_available() else device.type)
    monkeypatch.setattr("qwen3_embed_integrations.backends.torch.device.has_bfloat16_matmul", lambda: multiplies)
    assert choose_dtype("auto", CPU, HEAVY - 1) == torch.float32
    assert choose_dtype("auto", CPU, HEAVY) == (torch.bfloat16 if multiplies else torch.float32)
    assert choose_dtype("int8", CPU) == torch.int8
    assert choose_dtype("bfloat16", CPU) == torch.bfloat16


def test_a_cpu_that_is_no_x86_counts_as_one_without_bfloat16_until_it_is_measured(monkeypatch):
    """On ARM torch answers False to both questions; "auto" is float32 there, and bfloat16 is timed against it."""
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert not has_bfloat16_matmul()
    assert not has_amx()
    assert not has_signed_int8_matmul()
    assert choose_dtype("auto", CPU, HEAVY) == torch.float32


def test_float16_is_refused_on_a_cpu():
    with pytest.raises(ConfigError, match="overflows to NaN"):
        choose_dtype("float16", CPU)


def test_other_devices_have_their_dtype_from_the_table_of_accelerators(monkeypatch):
    layer = "qwen3_embed_integrations.backends.torch.gpu.accelerator.TorchDevices"
    monkeypatch.setattr(layer, lambda: FakeDevices(capability=(7, 5)))
    assert choose_dtype("auto", torch.device("cuda:1")) == torch.float16
    with pytest.raises(ConfigError, match="CPUs only"):
        choose_dtype("int8", torch.device("mps"))


def test_several_devices_are_gpus_of_different_numbers(monkeypatch):
    monkeypatch.setattr("qwen3_embed_integrations.backends.torch.device.choose_device", torch.device)
    assert choose_devices("cpu") == [CPU]
    assert choose_devices("cuda:0, cuda:1") == [torch.device("cuda:0"), torch.device("cuda:1")]
    for names in ("cuda:0,cuda:0", "cpu,cuda:0", "mps,mps"):
        with pytest.raises(ConfigError, match="not different GPUs"):
            choose_devices(names)


@pytest.mark.parametrize("kind", ["cuda", "xpu", "mps", "cpu"])
def test_auto_takes_the_first_kind_that_is_here(monkeypatch, kind):
    for one in (torch.cuda, torch.xpu, torch.backends.mps):
        name = one.__name__.rpartition(".")[2]
        monkeypatch.setattr(one, "is_available", lambda name=name: name == kind)
        if name != "mps":
            monkeypatch.setattr(one, "current_device", lambda: 2)
    assert choose_device("auto").type == kind


def test_a_stream_keeps_its_threads_to_itself():
    before, seen = torch.get_num_threads(), []

    def stream():
        use_threads(before + 1, of=before)
        seen.append(torch.get_num_threads())
        other = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        other.start()
        other.join()

    thread = threading.Thread(target=stream)
    thread.start()
    thread.join()
    assert seen == [before + 1, before]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_an_array_arrives_as_it_was(device):
    array = np.arange(7)
    arrived = to_device(array, torch.device(device))
    assert arrived.device.type == device
    np.testing.assert_array_equal(arrived.cpu().numpy(), array)


@pytest.mark.parametrize("name", ["npu:7", "cuda:99", "toaster"])
def test_a_device_that_is_not_here_is_refused_with_what_to_use(name):
    with pytest.raises(ConfigError, match=r"can't be used here .*\"auto\" or \"cpu\""):
        choose_device(name)


@pytest.mark.parametrize(("device", "emptied"), [("cuda", ["cuda"]), ("mps", ["mps"]), ("xpu", ["xpu"]), ("cpu", [])])
def test_a_gpus_cache_is_emptied_and_a_cpu_has_none(monkeypatch, device, emptied):
    found = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: found.append("cuda"))
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: found.append("mps"))
    monkeypatch.setattr(torch.xpu, "empty_cache", lambda: found.append("xpu"))
    empty_cache(torch.device(device))
    assert found == emptied
