"""What the server says of itself."""

from qwen3_embed_integrations import Qwen3Encoder


def test_models_are_listed_with_their_fingerprint(served):
    listed = served.http.get("/v1/models").json()["data"]
    space = Qwen3Encoder(model="tiny").space
    assert [entry["id"] for entry in listed[:2]] == ["tiny", "tiny-query"]
    assert listed[0]["fingerprint"] == space.fingerprint
    assert listed[0]["weights"] == space.weights
    assert listed[2]["kind"] == "rerank"
    assert served.http.get("/v1/models/tiny-query").json() == listed[1]
    assert served.http.get("/v1/models/tiny-document").json()["id"] == "tiny-document"
    assert served.http.get("/v1/models/nothing").status_code == 404


def test_info_health_and_readiness(served):
    assert served.http.get("/info").json()["model_id"] == "tiny"
    assert served.http.get("/health").json() == {"status": "ok"}
    assert served.http.get("/ready").json() == {"status": "ready"}


def test_metrics_count_requests_by_route_and_name_no_text(served):
    served.post("/v1/embeddings", {"input": "a secret text"})
    page = served.http.get("/metrics").text
    assert 'qwen3_embed_requests_total{route="/v1/embeddings",status="200"}' in page
    assert 'qwen3_embed_tokens_total{kind="document"}' in page
    assert "secret" not in page


def test_an_unknown_path_and_method_have_an_error_object(served):
    assert served.http.get("/v1/nothing").json()["error"]["code"] == "not_found"
    answer = served.http.get("/v1/embeddings")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
