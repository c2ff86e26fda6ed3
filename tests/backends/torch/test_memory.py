"""What is available, what a model needs, and the dtype that fits."""

import os
import sys

import pytest
import torch

from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.memory import (
    available_memory,
    dtype_that_fits,
    left_in_cgroup,
    needed_bytes,
    weight_bytes,
)

# config.json of Qwen/Qwen3-Embedding-4B
LARGE = Qwen3Architecture(151665, 2560, 36, 32, 8, 128, 9728, 1e-6, 1e6)
F32, BF16, INT8 = torch.float32, torch.bfloat16, torch.int8


def test_the_4b_model_needs_16_gb_in_float32_and_half_in_bfloat16():
    assert 16e9 < weight_bytes(LARGE, F32) < 16.2e9
    assert weight_bytes(LARGE, BF16) == weight_bytes(LARGE, F32) / 2
    embeddings = 151665 * 2560
    assert weight_bytes(LARGE, INT8) == LARGE.n_parameters + embeddings  # whose table stays in bfloat16


@pytest.mark.parametrize(
    ("gigabytes", "wanted", "chosen"),
    [(32, F32, F32), (12, F32, BF16), (6, F32, INT8), (1, F32, INT8), (32, BF16, BF16), (6, BF16, INT8)],
)
def test_the_largest_dtype_that_fits_is_chosen_with_its_reason(gigabytes, wanted, chosen):
    dtype, reason = dtype_that_fits(wanted, LARGE, gigabytes * 10**9)
    assert dtype == chosen
    assert bool(reason) == (dtype != wanted)
    if reason:
        assert f"{gigabytes}.0 GB of memory are available" in reason
        assert f"stored in {str(chosen).removeprefix('torch.')} and multiplied in float32" in reason
    assert ("may fail" in reason) == (gigabytes == 1)


def test_a_model_that_can_not_be_int8_stops_at_bfloat16():
    assert dtype_that_fits(F32, LARGE, 10**9, can_be_int8=False)[0] == BF16
    assert dtype_that_fits(BF16, LARGE, 10**9, can_be_int8=False) == (BF16, "")


def test_unknown_memory_fits_everything():
    assert dtype_that_fits(F32, LARGE, None) == (F32, "")


def test_what_a_model_needs_is_more_than_its_weights():
    assert needed_bytes(LARGE, BF16) > weight_bytes(LARGE, BF16) + 300_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="the system's total is read with Linux's names")
def test_the_memory_of_this_machine_is_between_nothing_and_its_total():
    assert 0 < available_memory() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({"memory.max": "1000\n", "memory.current": "700\n"}, 300),
        ({"memory.max": "1000\n", "memory.current": "700\n", "memory.stat": "anon 5\ninactive_file 200\n"}, 500),
        ({"memory.max": "1000\n", "memory.current": "1200\n"}, 0),
        ({"memory.max": "max\n", "memory.current": "700\n"}, None),
        (
            {
                "memory.limit_in_bytes": "900",
                "memory.usage_in_bytes": "400",
                "memory.stat": "inactive_file 1\ntotal_inactive_file 1\n",
            },
            501,
        ),
        ({}, None),
    ],
)
def test_what_a_control_group_leaves(tmp_path, files, left):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert left_in_cgroup(tmp_path) == left
