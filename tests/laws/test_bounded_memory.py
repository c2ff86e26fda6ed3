"""Whatever grows with the calls of a long-lived process is bounded."""

import gc
import tracemalloc

import pytest

from qwen3_embed_integrations import EncoderConfig, ModelNotFoundError, Qwen3Encoder, load_encoder
from qwen3_embed_integrations.backends.registry import is_loaded, load_backend, registry_size, unload_backend


def test_a_new_task_per_request_keeps_memory_flat(checkpoint):
    def serve(first, last):
        for number in range(first, last):
            encoder = load_encoder(model=str(checkpoint), task=f"find the number {number}")
            if number % 100 == 0:
                encoder.encode_query(["Where?"])

    serve(0, 1000)  # fills what is bounded
    gc.collect()
    tracemalloc.start()
    try:
        serve(1000, 2000)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        serve(2000, 12_000)
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 500_000  # bytes; one encoder kept per task would be over 20 million


def test_the_same_config_has_the_same_encoder(checkpoint):
    assert load_encoder(model=str(checkpoint)) is load_encoder(model=str(checkpoint))


def test_an_unloaded_model_leaves_the_registry(make_checkpoint):
    config = EncoderConfig(model=str(make_checkpoint(seed=8)))
    before = registry_size()
    encoder = Qwen3Encoder(config).load()
    assert registry_size() == before + 1
    encoder.unload()
    assert registry_size() == before
    assert encoder.encode_document(["again"]).shape == (1, 64)
    assert is_loaded(config)
    unload_backend(config)
    unload_backend(config)
    assert not is_loaded(config)


def test_models_that_do_not_exist_leave_nothing_behind(tmp_path):
    before = registry_size()
    for number in range(20):
        encoder = Qwen3Encoder(model=str(tmp_path / f"missing-{number}"))
        assert not encoder.is_loaded
        with pytest.raises(ModelNotFoundError):
            _ = encoder.dimension
        with pytest.raises(ModelNotFoundError):
            load_backend(encoder.config)
    assert registry_size() == before
