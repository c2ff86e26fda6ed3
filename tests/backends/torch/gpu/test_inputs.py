"""A batch as one array of numbers."""

import numpy as np
import pytest
import torch

from qwen3_embed_integrations.backends.torch.gpu.inputs import DeviceInputs, InputShape, write_inputs
from qwen3_embed_integrations.core.packing import pack

BATCH = pack([[5, 6, 7], [8, 9]])


def staged(batch, shape):
    numbers = np.full(shape.total, -7)
    write_inputs(batch, shape, numbers)
    assert (numbers != -7).all()
    return DeviceInputs.of(torch.from_numpy(numbers), shape)


def test_a_batch_arrives_as_it_was():
    inputs = staged(BATCH, InputShape(5, 2))
    assert inputs.ids.tolist() == [5, 6, 7, 8, 9]
    assert inputs.positions.tolist() == [0, 1, 2, 0, 1]
    assert inputs.wanted.tolist() == [2, 4]
    assert inputs.cu_seqlens_q.tolist() == [0, 3, 5]
    assert inputs.cu_seqlens_q.dtype == torch.int32
    assert inputs.cu_seqlens_k is inputs.cu_seqlens_q
    assert inputs.places is None


def test_what_fills_up_belongs_to_no_sequence():
    inputs = staged(BATCH, InputShape(8, 4))
    assert inputs.ids.tolist() == [5, 6, 7, 8, 9, 0, 0, 0]
    assert inputs.cu_seqlens_q.tolist() == [0, 3, 5, 5, 5]
    assert inputs.wanted.tolist() == [2, 4, 0, 0]


def test_behind_a_prefix_each_token_has_its_place():
    inputs = staged(pack([[5, 6, 7], [8, 9]], (1, 2, 3, 4)), InputShape(5, 2, 4))
    assert inputs.positions.tolist() == [4, 5, 6, 4, 5]
    assert inputs.cu_seqlens_q.tolist() == [0, 3, 5]
    assert inputs.cu_seqlens_k.tolist() == [0, 7, 13]
    assert inputs.places.tolist() == [4, 5, 6, 11, 12]
    assert inputs.starts.tolist() == [0, 7]


@pytest.mark.parametrize("shape", [InputShape(5, 2), InputShape(8, 4), InputShape(5, 2, 4)])
def test_a_used_buffer_is_overwritten(shape):
    batch = pack([[5, 6, 7], [8, 9]], (1,) * shape.n_prefix)
    fresh, used = np.zeros(shape.total, dtype=np.int64), np.full(shape.total + 3, 99)
    write_inputs(batch, shape, fresh)
    write_inputs(batch, shape, used)
    np.testing.assert_array_equal(used[: shape.total], fresh)


@pytest.mark.parametrize("shape", [InputShape(5, 2), InputShape(8, 3, 4), InputShape(1, 1, 4)])
def test_each_part_is_aligned_to_sixteen_bytes(shape):
    assert all(start % 2 == 0 for start in shape.starts)
    inputs = DeviceInputs.of(torch.zeros(shape.total, dtype=torch.int64), shape)
    assert len(inputs.ids) == shape.n_tokens
    assert len(inputs.cu_seqlens_k) == shape.n_sequences + 1
