"""One call is one span, with its steps beneath it, on whatever thread they run."""

import asyncio
import threading

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from checkpoints import build_reranker
from qwen3_embed_integrations import OverloadedError, Qwen3Encoder, Qwen3Reranker
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.core.observation import ObservedBatch
from telemetry_fixtures import is_child

TEXTS = ["Paris is the capital of France.", "Cats sleep all day.", "Paris is the capital of France."]
PRIVATE_TEXT = "the launch code is 0000"


@pytest.fixture
def encoder(checkpoint):
    return Qwen3Encoder(model=str(checkpoint), dimension=32)


def test_a_call_has_the_attributes_of_the_conventions(recorded, encoder):
    encoder.encode_document(TEXTS)
    span = recorded.span("embeddings")
    n_tokens = int(encoder.count_tokens(TEXTS).sum())
    assert span.name == f"embeddings {encoder.config.model}"
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "qwen3_embed_integrations",
        "gen_ai.request.model": encoder.config.model,
        "gen_ai.embeddings.dimension.count": 32,
        "gen_ai.usage.input_tokens": n_tokens,
        "qwen3_embed.role": "document",
        "qwen3_embed.text.count": 3,
        "qwen3_embed.truncated.count": 0,
    }


def test_tokenize_wait_and_forward_are_children_across_threads(recorded, encoder):
    encoder.load()
    with trace.get_tracer("app").start_as_current_span("handler"):
        encoder.encode_query(["Where is Paris?"])
    handler, call = recorded.span("handler"), recorded.span("embeddings")
    assert is_child(call, handler)
    children = {span.name: span for span in recorded.spans() if is_child(span, call)}
    assert children.keys() == {"tokenize", "wait", "forward"}
    assert children["tokenize"].end_time <= children["wait"].start_time <= children["wait"].end_time
    assert children["forward"].end_time <= call.end_time


def test_a_first_call_shows_the_loading(recorded, encoder):
    encoder.unload()
    encoder.encode_query(["Where is Paris?"])
    assert is_child(recorded.span("load"), recorded.span("embeddings"))
    encoder.encode_query(["Where is Paris?"])
    assert len(recorded.spans("load")) == 1


def test_a_batch_says_what_it_holds_and_how_full_it_is(recorded, checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_batch_tokens=64)
    lengths = encoder.count_tokens(TEXTS[:2])
    encoder.encode_document(TEXTS)
    span = recorded.span("forward")
    assert span.attributes["qwen3_embed.batch.text.count"] == 2, "a repeated text is computed once"
    assert span.attributes["qwen3_embed.batch.token.count"] == int(lengths.sum())
    assert span.attributes["qwen3_embed.batch.fill"] == pytest.approx(lengths.sum() / 64)
    assert span.attributes["qwen3_embed.batch.call.count"] == 1


def test_a_batch_of_several_calls_links_to_each(recorded, encoder):
    backend = load_backend(encoder.config)
    started, go = threading.Event(), threading.Event()
    forward = backend._batcher._forward

    def held(packed):
        started.set()
        go.wait(60)
        return forward(packed)

    async def calls():
        first = asyncio.create_task(encoder.aencode_query(["hold the model"]))
        await asyncio.to_thread(started.wait, 60)
        others = [asyncio.create_task(encoder.aencode_query([f"question {i}"])) for i in range(3)]
        while len(backend._batcher._pending) < 3:  # noqa: ASYNC110 - another thread's list
            await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(first, *others)

    backend._batcher._forward = held
    try:
        asyncio.run(calls())
    finally:
        backend._batcher._forward = forward
    shared = recorded.spans("forward")[-1]
    assert shared.attributes["qwen3_embed.batch.call.count"] == 3
    served = [span for span in recorded.spans("embeddings") if is_child(shared, span)]
    linked = {link.context.span_id for link in shared.links}
    assert len(served) == 1
    assert len(linked) == 2
    assert linked <= {span.context.span_id for span in recorded.spans("embeddings")} - {served[0].context.span_id}
    assert len(recorded.spans("wait")) == 4, "each call shows its own wait"


def test_a_cut_text_is_counted(recorded, checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=4)
    with pytest.warns(match="cut to max_length"):
        encoder.encode_document([TEXTS[0], "Hi"])
    call = recorded.span("embeddings")
    assert call.attributes["qwen3_embed.truncated.count"] == 1
    assert call.attributes["gen_ai.usage.input_tokens"] == 4 + int(encoder.count_tokens(["Hi"])[0])
    assert recorded.point("qwen3_embed.truncated_texts").value == 1


def test_the_cache_says_what_it_had(recorded, checkpoint, tmp_path):
    encoder = Qwen3Encoder(model=str(checkpoint), cache_path=str(tmp_path / "cache.sqlite"))
    encoder.encode_document(TEXTS[:1])
    encoder.encode_document(TEXTS[:2])
    seen = [
        (span.attributes["qwen3_embed.cache.hits"], span.attributes["qwen3_embed.cache.misses"])
        for span in recorded.spans("embeddings")
    ]
    assert seen == [(0, 1), (1, 1)]
    lookups = {p.attributes["qwen3_embed.cache.result"]: p.value for p in recorded.points("qwen3_embed.cache.lookups")}
    assert lookups == {"hit": 1, "miss": 2}


def test_an_error_ends_the_span_with_its_type(recorded, checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_waiting_calls=1)
    backend = load_backend(encoder.config)
    blocker = threading.Event()
    backend._tokenizer_thread.submit(lambda: blocker.wait(60) and None)
    waiting = threading.Thread(target=encoder.encode_query, args=(["first"],))
    waiting.start()
    while backend.n_waiting < 1:
        waiting.join(0.01)
    assert recorded.point("qwen3_embed.queue.depth", encoder.model_info.model).value == 1
    with pytest.raises(OverloadedError):
        encoder.encode_query(["second"])
    blocker.set()
    waiting.join()
    failed, worked = recorded.spans("embeddings")
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes["error.type"] == "OverloadedError"
    assert worked.status.status_code is StatusCode.UNSET
    durations = recorded.points("gen_ai.client.embeddings.duration")
    assert sorted(str(point.attributes.get("error.type")) for point in durations) == ["None", "OverloadedError"]


async def test_a_cancelled_call_ends_its_span_without_an_error_status(recorded, encoder):
    backend = load_backend(encoder.config)
    blocker = threading.Event()
    backend._tokenizer_thread.submit(lambda: blocker.wait(60) and None)
    call = asyncio.create_task(encoder.aencode_query(["never mind"]))
    while backend.n_waiting < 1:  # noqa: ASYNC110 - another thread's count
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    blocker.set()
    span = recorded.span("embeddings")
    assert span.attributes["error.type"] == "CancelledError"
    assert span.status.status_code is StatusCode.UNSET


def test_no_text_gets_into_a_span_or_a_metric(recorded, encoder):
    encoder.encode_query([PRIVATE_TEXT])
    encoder.encode_document([PRIVATE_TEXT])
    assert PRIVATE_TEXT not in "".join(span.to_json() for span in recorded.spans())
    assert PRIVATE_TEXT not in recorded._reader.get_metrics_data().to_json()


def test_metrics_of_a_call(recorded, encoder):
    encoder.load()
    encoder.encode_document(TEXTS)
    tokens = recorded.point("gen_ai.client.embeddings.operation.input_tokens")
    assert tokens.sum == recorded.span("embeddings").attributes["gen_ai.usage.input_tokens"]
    assert tokens.explicit_bounds[:4] == (1, 4, 16, 64)
    assert recorded.point("gen_ai.client.embeddings.duration").explicit_bounds[:3] == (0.01, 0.02, 0.04)
    for name in ("wait.duration", "batch.duration", "batch.tokens", "batch.fill"):
        assert recorded.point(f"qwen3_embed.{name}").count == 1, name
    assert recorded.point("qwen3_embed.queue.depth", encoder.model_info.model).value == 0


def test_a_batch_belongs_to_the_first_call_that_is_recorded(recorded, encoder, monkeypatch):
    del encoder
    from qwen3_embed_integrations.core.config import EncoderConfig
    from qwen3_embed_integrations.telemetry import observed_call

    config = EncoderConfig(model="tiny")
    with observed_call("embeddings", config, 1) as unsampled, observed_call("embeddings", config, 1) as sampled:
        monkeypatch.setattr(unsampled.span, "is_recording", lambda: False)
        with unsampled.batch(ObservedBatch("forward", 2, 10, 100, (sampled,))):
            pass
    assert recorded.span("forward").parent.span_id == sampled.span.get_span_context().span_id


def test_a_reranker_has_a_span_of_its_own(recorded, tmp_path):
    reranker = Qwen3Reranker(model=str(build_reranker(tmp_path / "model")))
    reranker.rank("Where is Paris?", ["In France.", "Cats sleep."])
    asyncio.run(reranker.arank("Where is Paris?", ["In France.", "Cats sleep."]))
    for span in recorded.spans("rerank"):
        assert span.attributes["gen_ai.operation.name"] == "rerank"
        assert span.attributes["qwen3_embed.text.count"] == 2
        assert span.attributes["gen_ai.usage.input_tokens"] > 0
        assert any(is_child(other, span) for other in recorded.spans("forward"))
    assert recorded.point("qwen3_embed.rerank.duration").count == 2
