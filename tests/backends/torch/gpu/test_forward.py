"""A batch on a GPU: graphs, prefixes, overflow and memory, by a card that is a CPU."""

import json
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from fake_gpu import CPU, FAKE_CARD, VARLEN, FakeGraphs
from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.torch.forward import TorchForward
from qwen3_embed_integrations.backends.torch.gpu import forward as module
from qwen3_embed_integrations.backends.torch.gpu.forward import GpuForward, is_out_of_memory
from qwen3_embed_integrations.backends.torch.gpu.load import load_gpu_model
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.core.packing import pack

BATCH = pack([[5, 6, 7], [8, 9], [1, 2, 3, 4, 5, 6, 7]])
PREFIX = (11, 12, 13, 14, 15)
QUERIES = pack([[20 + i] * (1 + i % 3) for i in range(12)], PREFIX)


def opened(folder):
    return open_checkpoint(EncoderConfig(model=str(folder)))


def loaded(folder, dtype="float32"):
    """Load a model whose attention is the fake of the flash kernel."""
    model = load_gpu_model(opened(folder), FAKE_CARD, dtype)
    if hasattr(model.runs, "arithmetic"):
        model.runs.arithmetic = replace(model.runs.arithmetic, attention=VARLEN)
    return replace(model, attention=VARLEN)


@pytest.fixture(scope="module")
def reference(checkpoint):
    return TorchForward(opened(checkpoint), CPU, "float32")


@pytest.mark.parametrize("graphs", [None, FakeGraphs()])
def test_it_computes_what_the_cpu_does_with_and_without_graphs(checkpoint, reference, graphs):
    forward = GpuForward(loaded(checkpoint), graphs)
    for _ in range(3):
        np.testing.assert_allclose(forward(BATCH), reference(BATCH), atol=2e-5)
    assert graphs is None or graphs.n_replayed == 2


def test_batches_of_one_bucket_do_not_mix_while_two_are_in_flight(checkpoint, reference):
    forward = GpuForward(loaded(checkpoint), FakeGraphs())
    batches = [pack([[5 + i] * (1 + i % 4)]) for i in range(6)]
    collects = [forward.submit(batch) for batch in batches]
    for collect, batch in zip(collects, batches, strict=True):
        np.testing.assert_allclose(collect(), reference(batch), atol=2e-5)


def test_many_short_texts_share_their_prefix_and_few_or_long_ones_write_it_out(checkpoint, reference):
    forward = GpuForward(loaded(checkpoint))
    few, long = pack([[20], [21]], PREFIX), pack([[30] * 25] * 12, PREFIX)
    assert forward._shares(QUERIES)
    assert not forward._shares(few)
    assert not forward._shares(long)
    assert not forward._shares(BATCH)
    for batch in (QUERIES, few, long):
        np.testing.assert_allclose(forward(batch), reference(batch), atol=2e-5)
    assert len(forward._prefixes) == 1


def test_an_attention_that_takes_no_prefix_never_gets_one(checkpoint, reference):
    forward = GpuForward(load_gpu_model(opened(checkpoint), FAKE_CARD, "float32"), FakeGraphs())
    assert forward._graphs is None  # nor empty sequences
    assert not forward._shares(QUERIES)
    np.testing.assert_allclose(forward(QUERIES), reference(QUERIES), atol=2e-5)


def test_a_warm_up_records_the_graph_of_a_query_and_keeps_the_prefix(checkpoint):
    graphs = FakeGraphs()
    forward = GpuForward(loaded(checkpoint), graphs)
    forward.warm_up(PREFIX)
    assert graphs.n_captured == 1
    assert len(forward._prefixes) == 1


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_other_poolings_use_no_graph_and_no_prefix(make_checkpoint, pooling):
    folder, graphs = make_checkpoint(pooling=pooling), FakeGraphs()
    forward = GpuForward(loaded(folder), graphs)
    expected = TorchForward(opened(folder), CPU, "float32")
    for batch in (BATCH, BATCH, QUERIES):
        np.testing.assert_allclose(forward(batch), expected(batch), atol=2e-5)
    assert graphs.n_captured == 0


def overflowing(model):
    """Let the model overflow in its own dtype for every text that has the token 8."""
    pass_of = model.runs._pass

    def overflow(ids, *rest):
        states = pass_of(ids, *rest)
        if rest[4] is model.runs.arithmetic and bool((ids == 8).any()):
            states[1] = float("inf")
        return states

    model.runs._pass = overflow
    return model


def test_a_text_that_overflows_is_computed_again_alone_in_float32(checkpoint, caplog):
    forward = GpuForward(overflowing(loaded(checkpoint, "bfloat16")))
    found = forward(BATCH)
    assert np.isfinite(found).all()
    assert "1 embeddings overflowed in torch.bfloat16" in caplog.text
    exact = GpuForward(loaded(checkpoint, "float32"))(BATCH)
    assert torch.cosine_similarity(torch.from_numpy(found), torch.from_numpy(exact)).min() > 0.999
    assert np.abs(found - exact)[1].max() < np.abs(found - exact)[[0, 2]].max()


def test_memory_used_up_in_float32_says_so(checkpoint, monkeypatch):
    forward = GpuForward(overflowing(loaded(checkpoint, "bfloat16")))

    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(forward, "_exact", fail)
    with pytest.raises(MemoryError, match=r"CUDA out of memory; in float32, after an overflow in torch.bfloat16"):
        forward(BATCH)


def test_memory_used_up_is_released_before_the_error_is_raised(checkpoint, monkeypatch):
    forward = GpuForward(loaded(checkpoint))
    activations, emptied = [], []

    def fail(*_):
        held = torch.ones(8)
        activations.append(weakref.ref(held))
        raise torch.OutOfMemoryError("CUDA out of memory\nmore")

    monkeypatch.setattr(forward, "_embed", fail)
    monkeypatch.setattr(module, "empty_cache", lambda _: emptied.append(activations[0]()))
    with pytest.raises(MemoryError, match=r"^CUDA out of memory$") as caught:
        forward.submit(BATCH)
    assert emptied == [None]  # the activations were gone when the cache was emptied
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_another_error_stays_what_it_is(checkpoint):
    with pytest.raises(IndexError):
        GpuForward(loaded(checkpoint))(pack([[10**9]]))


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (torch.OutOfMemoryError("x"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("device-side assert triggered"), False),
    ],
)
def test_devices_say_that_memory_is_used_up_in_words_of_their_own(error, known):
    assert is_out_of_memory(error) is known


def test_an_unusual_checkpoint_runs_in_transformers_module(own_checkpoint):
    config = json.loads((own_checkpoint / "config.json").read_text())
    (own_checkpoint / "config.json").write_text(json.dumps({**config, "hidden_act": "gelu"}))
    forward = GpuForward(loaded(own_checkpoint), FakeGraphs())
    assert forward._graphs is None
    expected = TorchForward(opened(own_checkpoint), CPU, "float32")
    for batch in (BATCH, QUERIES):
        np.testing.assert_allclose(forward(batch), expected(batch), atol=2e-5)
    with pytest.raises(TypeError, match="keeps the keys"):
        forward._prefix_states(PREFIX)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_this_gpu_agrees_with_the_cpu(checkpoint, reference, dtype):
    from qwen3_embed_integrations.backends.torch.gpu.build import gpu_forward

    forward = gpu_forward(opened(checkpoint), [torch.device("cuda", 0)], dtype)
    for batch in (BATCH, BATCH, QUERIES, pack([[3] * 3000, [4] * 7])):
        ours, theirs = torch.from_numpy(forward(batch)), torch.from_numpy(reference(batch))
        assert torch.cosine_similarity(ours, theirs).min() > 0.9995
