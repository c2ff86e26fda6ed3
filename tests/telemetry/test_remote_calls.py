"""A call to a server shows each request, each try, and hands the trace on."""

import pytest
from opentelemetry.trace import StatusCode

from qwen3_embed_integrations import RemoteUnavailableError
from remote_server import status
from telemetry_fixtures import is_child

TEXTS = ["Paris is the capital of France.", "Cats sleep all day.", "Paris is the capital of France."]


def test_each_try_at_a_server_is_a_span_and_carries_the_trace(recorded, remote, server, checkpoint):
    encoder = remote(model=str(checkpoint))
    encoder.load()
    seen = []
    serve = server.RequestHandlerClass.serve

    def noted(handler, body, fault):
        seen.append(handler.headers.get("traceparent"))
        return serve(handler, body, fault)

    server.RequestHandlerClass.serve = noted
    server.faults.append(status(503))
    try:
        encoder.encode_document(TEXTS)
    finally:
        server.RequestHandlerClass.serve = serve
    call, request, tries = recorded.span("embeddings"), recorded.span("request"), recorded.spans("POST")
    assert call.attributes["gen_ai.provider.name"] == encoder.config.engine
    assert (call.attributes["server.address"], call.attributes["server.port"]) == ("127.0.0.1", server.server_port)
    assert is_child(request, call)
    assert request.attributes["qwen3_embed.batch.text.count"] == 2
    assert all(is_child(one, request) for one in tries)
    assert [one.attributes["http.response.status_code"] for one in tries] == [503, 200]
    assert [one.attributes.get("http.request.resend_count") for one in tries] == [None, 1]
    assert [one.status.status_code for one in tries] == [StatusCode.ERROR, StatusCode.UNSET]
    assert [header[:52] for header in seen] == [
        f"00-{one.context.trace_id:032x}-{one.context.span_id:016x}" for one in tries
    ]
    assert recorded.point("qwen3_embed.request.retries").value == 1
    assert len(recorded.spans("wait")) == 1


def test_a_server_that_keeps_failing_is_an_error_of_the_call(recorded, remote, server):
    encoder = remote(max_retries=1)
    encoder.load()
    server.faults.extend([status(503)] * 2)
    with pytest.raises(RemoteUnavailableError):
        encoder.encode_document(["text"])
    assert recorded.span("embeddings").attributes["error.type"] == "RemoteUnavailableError"
    assert recorded.span("request").attributes["error.type"] == "RemoteUnavailableError"
    assert "gen_ai.usage.input_tokens" not in recorded.span("embeddings").attributes
