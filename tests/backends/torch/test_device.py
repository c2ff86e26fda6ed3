"""Devices, dtypes and threads."""

import threading

import numpy as np
import pytest
import torch

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.backends.torch.device import (
    HEAVY,
    choose_device,
    choose_dtype,
    empty_cache,
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
    with pytest.raises(ConfigError, match="CPUs only"):
        choose_dtype("int8", torch.device("mps"))
    assert choose_dtype("bfloat16", CPU) == torch.bfloat16


def test_float16_is_refused_where_bfloat16_serves():
    with pytest.raises(ConfigError, match="overflows to NaN"):
        choose_dtype("float16", CPU)
    with pytest.raises(ConfigError, match='"bfloat16"'):
        choose_dtype("float16", torch.device("mps"))


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


@pytest.mark.parametrize(("device", "emptied"), [("cuda", ["cuda"]), ("mps", ["mps"]), ("cpu", [])])
def test_a_gpus_cache_is_emptied_and_a_cpu_has_none(monkeypatch, device, emptied):
    found = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: found.append("cuda"))
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: found.append("mps"))
    empty_cache(torch.device(device))
    assert found == emptied
