"""Graphs of small batches, by graphs that run on the CPU: stale numbers and bounds would be seen."""

import numpy as np
import pytest
import torch

from fake_gpu import CPU, BrokenGraphs, FakeGraphs
from qwen3_embed_integrations.backends.torch.gpu.graphs import MOST_NUMBERS, CudaGraphs, GraphCache, bucket_of
from qwen3_embed_integrations.backends.torch.gpu.inputs import InputShape
from qwen3_embed_integrations.core.packing import pack


@pytest.mark.parametrize(
    ("n_tokens", "n_sequences", "bucket"),
    [
        (1, 1, InputShape(16, 1)),
        (16, 1, InputShape(16, 1)),
        (17, 2, InputShape(32, 16)),
        (512, 16, InputShape(512, 16)),
        (513, 1, None),
        (100, 17, None),
    ],
)
def test_a_batch_goes_into_the_smallest_bucket_that_holds_it(n_tokens, n_sequences, bucket):
    assert bucket_of(n_tokens, n_sequences) == bucket
    assert bucket is None or bucket.total <= MOST_NUMBERS


def sums(inputs, layout):
    """Return the sum of the ids of each sequence and its bound: what a stale input would change."""
    assert layout.max_seqlen_q >= max(inputs.cu_seqlens_q.diff())
    ends = inputs.ids.cumsum(0)[inputs.wanted]
    return torch.stack((ends, inputs.positions[inputs.wanted]), dim=1).float()


def expected(batch):
    return np.stack((np.cumsum(batch.input_ids)[batch.cu_seqlens[1:] - 1], batch.lengths - 1), axis=1)


@pytest.fixture
def host():
    return torch.full((MOST_NUMBERS,), -1)


def test_the_first_use_runs_without_a_graph_the_second_records_and_later_ones_replay(host):
    graphs = FakeGraphs()
    cache = GraphCache(sums, CPU, graphs)
    one, two = pack([[5, 6, 7]]), pack([[9]])
    assert cache(one, host) is None
    assert len(cache) == 0
    for batch in (one, two, one):
        np.testing.assert_array_equal(cache(batch, host).numpy(), expected(batch))
    assert (graphs.n_captured, graphs.n_replayed, len(cache)) == (1, 3, 1)


def test_a_replay_reads_the_new_batch_whatever_the_last_one_was(host):
    cache = GraphCache(sums, CPU, FakeGraphs())
    random = np.random.default_rng(0)
    for n in (3, 16, 2, 9, 5):
        batch = pack([random.integers(1, 9, size=random.integers(1, 4)).tolist() for _ in range(n)])
        cache(batch, host)
        found = cache(batch, host)
        assert found.shape == (n, 2)
        np.testing.assert_array_equal(found.numpy(), expected(batch))


def test_the_result_of_a_replay_does_not_read_the_hosts_buffer(host):
    cache = GraphCache(sums, CPU, FakeGraphs())
    batch = pack([[5, 6, 7]])
    cache(batch, host)
    found = cache(batch, host)
    host.fill_(-1)
    np.testing.assert_array_equal(found.numpy(), expected(batch))


def test_graphs_that_cannot_be_recorded_are_given_up(host, caplog):
    cache = GraphCache(sums, CPU, BrokenGraphs())
    batch = pack([[5, 6, 7]])
    assert [cache(batch, host) for _ in range(4)] == [None] * 4
    assert caplog.text.count("CUDA graphs are off") == 1


@pytest.mark.gpu
def test_torchs_graphs_replay_on_this_gpu(host):
    gpu = torch.device("cuda", 0)
    cache = GraphCache(sums_on_gpu, gpu, CudaGraphs())
    for batch in (pack([[5, 6, 7]]), pack([[9]]), pack([[1, 2], [3]]), pack([[4], [5]])):
        with torch.inference_mode():
            cache(batch, host)
            found = cache(batch, host)
        np.testing.assert_array_equal(found.cpu().numpy(), expected(batch))


def sums_on_gpu(inputs, _):
    """Return what `sums` does; nothing in a recording may wait for the device."""
    ends = inputs.ids.cumsum(0)[inputs.wanted]
    return torch.stack((ends, inputs.positions[inputs.wanted]), dim=1).float()
