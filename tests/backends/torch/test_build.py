"""A configuration becomes a backend; the report says how; a load leaves little to the garbage collector."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch

from checkpoints import build_reranker
from fake_gpu import FAKE_CARD, FakeDevices
from qwen3_embed_integrations import EncoderConfig, RerankerConfig
from qwen3_embed_integrations.backends.torch import build, open_model
from qwen3_embed_integrations.backends.torch.build import load_backend, report
from qwen3_embed_integrations.backends.torch.gpu import accelerator
from qwen3_embed_integrations.backends.torch.gpu import build as gpu_build
from qwen3_embed_integrations.backends.torch.memory import available_memory
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan
from qwen3_embed_integrations.core.protocols import EmbedRequest


def test_a_backend_embeds_in_the_width_of_its_model(checkpoint):
    config = EncoderConfig(model=str(checkpoint), max_batch_tokens=64)
    backend = load_backend(config, open_checkpoint(config))
    try:
        assert backend.submit(EmbedRequest(["a", "b " * 90], 100)).result().embeddings.shape == (2, 64)
    finally:
        backend.close()


def test_the_report_names_memory_dtype_plan_and_reasons(checkpoint):
    config = EncoderConfig(model=str(checkpoint), dtype="bfloat16", device="cpu")
    found = dict(report(config, open_checkpoint(config)))
    assert found["dtype"] == "bfloat16"
    assert f"{torch.get_num_threads()} threads" in found["device"]
    assert ("weights" in found) == (available_memory() is not None)
    assert found["plan"].startswith("matmul=")


@pytest.fixture
def on_a_gpu(monkeypatch):
    """Take the GPU's path with a card that is a CPU."""
    monkeypatch.setattr(build, "choose_devices", lambda _: [torch.device("meta")])
    monkeypatch.setattr(gpu_build, "read_accelerator", lambda *_: FAKE_CARD)


def embeddings(config, texts):
    backend = load_backend(config, open_model(config))
    try:
        return backend.submit(EmbedRequest(texts, 100)).result().embeddings
    finally:
        backend.close()


@pytest.mark.usefixtures("on_a_gpu")
def test_a_gpus_backend_embeds_as_the_cpus(checkpoint):
    config = EncoderConfig(model=str(checkpoint), max_batch_tokens=64, dtype="float32")
    texts = [f"text {i} " * (1 + i % 9) for i in range(30)]
    found = embeddings(config, texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "choose_devices", lambda _: [torch.device("cpu")])
        np.testing.assert_allclose(found, embeddings(config, texts), atol=2e-5)


@pytest.mark.usefixtures("on_a_gpu")
def test_a_gpus_reranker_scores_as_the_cpus(tmp_path):
    folder = build_reranker(tmp_path / "reranker")
    config = RerankerConfig(model=str(folder), dtype="float32").runtime_config
    pairs = [f"a query\x00document {i}" for i in range(9)]
    found = embeddings(config, pairs)
    assert found.shape == (9, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "choose_devices", lambda _: [torch.device("cpu")])
        np.testing.assert_allclose(found, embeddings(config, pairs), atol=2e-4)


@pytest.mark.usefixtures("on_a_gpu")
def test_the_report_of_a_gpu_names_the_card_and_its_memory(checkpoint, monkeypatch):
    monkeypatch.setattr(accelerator, "TorchDevices", FakeDevices)
    monkeypatch.setattr(gpu_build, "TorchDevices", FakeDevices)
    config = EncoderConfig(model=str(checkpoint), max_batch_tokens=64)
    found = dict(report(config, open_checkpoint(config)))
    assert found["device"] == "cpu (a fake card)"
    assert "for batches of 64 tokens" in found["memory"]
    assert found["forward"] == "this package's own"


def test_one_full_collection_serves_many_loads(make_checkpoint):
    folders = [str(make_checkpoint(seed=seed)) for seed in (51, 52, 53)]
    code = """
    import gc, sys
    from qwen3_embed_integrations import Qwen3Encoder

    def note(phase, told):
        if phase == "start" and told["generation"] == 2:
            walks.append(told)

    walks = []
    gc.callbacks.append(note)
    Qwen3Encoder(model=sys.argv[1]).load()
    print(len(walks) > 0)
    gc.freeze()  # Python's own count of what is young starts anew: what is counted now are our collections
    walks.clear()
    for folder in sys.argv[1:] * 3:
        Qwen3Encoder(model=folder).load()
        Qwen3Encoder(model=folder).unload()
    print(len(walks))
    """
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", textwrap.dedent(code), *folders], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True", "0"], done.stderr


def test_the_report_advises_which_runtime_is_faster_for_what(checkpoint, monkeypatch):
    config = EncoderConfig(model=str(checkpoint), device="cpu")
    for heavy, in_int8 in ((build.HEAVY, False), (1, True)):
        monkeypatch.setattr(build, "HEAVY", heavy)
        advice = dict(report(config, open_checkpoint(config)))["advice"]
        assert 'backend="onnx" is faster' in advice
        assert ("an export in int8" in advice) is in_int8


def test_a_batch_of_a_small_model_is_several_blocks(checkpoint, monkeypatch):
    found = open_checkpoint(EncoderConfig(model=str(checkpoint)))
    assert build._batch_tokens(ExecutionPlan(block_tokens=512), found) == 2048
    monkeypatch.setattr(build, "HEAVY", 1)
    assert build._batch_tokens(ExecutionPlan(block_tokens=512), found) == 512
