"""What each card uses, told by a fake device layer: none of these cards is here."""

from contextlib import nullcontext

import pytest
import torch

from fake_gpu import FakeDevices
from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.backends.torch.gpu.accelerator import (
    TorchDevices,
    current,
    gpu_dtype,
    read_accelerator,
    supported,
)

SECOND = torch.device("cuda:1")
T4 = FakeDevices(capability=(7, 5))
P100 = FakeDevices(capability=(6, 0))
A100 = FakeDevices(capability=(8, 0))
RADEON = FakeDevices(rocm=True)


def card(layer, device=SECOND):
    return read_accelerator(device, layer)


@pytest.mark.parametrize(
    ("layer", "device", "dtype", "attention", "fused"),
    [
        (P100, "cuda", torch.float32, ("efficient", "padded"), False),
        (FakeDevices(capability=(7, 0)), "cuda", torch.float16, ("efficient", "padded"), True),
        (T4, "cuda", torch.float16, ("efficient", "padded"), True),
        (A100, "cuda", torch.bfloat16, ("flash", "efficient", "padded"), True),
        (FakeDevices(capability=(12, 0)), "cuda", torch.bfloat16, ("flash", "efficient", "padded"), True),
        (RADEON, "cuda", torch.bfloat16, ("flash", "flash_repeated", "padded"), True),
        (FakeDevices(bfloat16=True), "mps", torch.bfloat16, ("padded",), False),
        (FakeDevices(bfloat16=False), "mps", torch.float32, ("padded",), False),
        (FakeDevices(bfloat16=True), "xpu", torch.bfloat16, ("padded",), True),
        (FakeDevices(bfloat16=False), "xpu", torch.float32, ("padded",), True),
    ],
)
def test_each_card_has_its_line_of_the_table(layer, device, dtype, attention, fused):
    found = supported(card(layer, torch.device(device)))
    assert (found.dtype, found.attention, found.fused) == (dtype, attention, fused)
    assert gpu_dtype("auto", card(layer, torch.device(device))) == dtype


def test_the_device_that_is_given_is_asked_and_not_torchs_current_one():
    layer = FakeDevices(capability=(7, 5))
    read_accelerator(SECOND, layer)
    assert layer.asked == [SECOND]


def test_a_t4_takes_float16_by_name_and_refuses_to_emulate_bfloat16():
    assert gpu_dtype("float16", card(T4)) == torch.float16
    assert gpu_dtype("float32", card(T4)) == torch.float32
    with pytest.raises(ConfigError, match=r"compute capability 7\.5\).*no bfloat16 in hardware.*float16"):
        gpu_dtype("bfloat16", card(T4))
    with pytest.raises(ConfigError, match="float32"):
        gpu_dtype("bfloat16", card(P100))


def test_float16_and_int8_are_refused_where_they_do_not_run():
    assert gpu_dtype("float16", card(A100)) == torch.float16
    mps = card(FakeDevices(bfloat16=True), torch.device("mps"))
    with pytest.raises(ConfigError, match="overflows to NaN"):
        gpu_dtype("float16", mps)
    with pytest.raises(ConfigError, match="CPUs only"):
        gpu_dtype("int8", card(A100))


def test_cards_that_need_a_word_get_one():
    assert "Volta" in supported(card(P100)).note
    assert "TORCH_ROCM_AOTRITON_ENABLE_EXPERIMENTAL" in supported(card(RADEON)).note
    assert not supported(card(A100)).note


def test_torch_tells_of_this_machine():
    layer = TorchDevices()
    assert layer.is_rocm() == (torch.version.hip is not None)
    assert layer.multiplies_bfloat16(torch.device("cpu"))
    assert not layer.multiplies_bfloat16(torch.device("meta"))  # no numbers, so no product can be checked
    assert layer.memory(torch.device("cpu")) is None
    assert layer.name(torch.device("cpu")) == "cpu"


@pytest.mark.gpu
def test_torch_tells_of_this_gpu():
    found = read_accelerator(torch.device("cuda", 0))
    assert found.has_bfloat16 == (found.capability >= (8, 0))
    assert found.name in str(found)


@pytest.mark.parametrize(("name", "module"), [("cuda:1", torch.cuda), ("xpu:1", torch.xpu)])
def test_a_device_is_made_current_where_launches_ask_for_it(monkeypatch, name, module):
    monkeypatch.setattr(module, "device", nullcontext)
    with current(torch.device(name)) as made:
        assert made == torch.device(name)
    with current(torch.device("cpu")) as made:
        assert made is None
