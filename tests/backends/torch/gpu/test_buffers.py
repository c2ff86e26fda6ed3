"""Host buffers that are used again."""

import pytest
import torch

from qwen3_embed_integrations.backends.torch.gpu.buffers import HostBuffers


def test_a_buffer_is_used_again_when_it_was_given_back():
    buffers = HostBuffers(is_pinned=False)
    first = buffers.take(1500, torch.int64)
    assert len(first) == 2048
    assert buffers.take(1500, torch.int64) is not first
    buffers.give_back(first)
    assert buffers.take(2000, torch.int64) is first


def test_buffers_of_another_size_or_dtype_are_kept_apart():
    buffers = HostBuffers(is_pinned=False)
    buffers.give_back(buffers.take(10, torch.int64))
    assert buffers.take(10, torch.float32).dtype == torch.float32
    assert len(buffers.take(5000, torch.int64)) == 8192


@pytest.mark.gpu
def test_buffers_for_a_gpu_are_pinned():
    assert HostBuffers(is_pinned=True).take(10, torch.int64).is_pinned()
