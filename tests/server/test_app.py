"""What stands around every route."""

import gc

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.server.app import ROUTES
from served import serving


def test_a_request_id_is_echoed_or_made(served):
    assert served.http.get("/health", headers={"X-Request-Id": "mine-1"}).headers["x-request-id"] == "mine-1"
    made = served.http.get("/health", headers={"X-Request-Id": "bad id!"}).headers["x-request-id"]
    assert len(made) == 32


@pytest.mark.parametrize(("method", "path", "_"), ROUTES)
def test_every_route_but_the_probes_needs_the_key(keyed, method, path, _):
    path = path.replace("{name:path}", "tiny")
    expected = 200 if path in ("/health", "/ready") else 401
    assert keyed.http.request(method, path).status_code == expected


@pytest.fixture(scope="module")
def keyed():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEYS", "a-key-of-the-test")
        with serving(EncoderConfig(model="tiny"), keys_env="KEYS") as running:
            yield running


def test_the_key_opens_and_is_not_in_the_log(keyed, caplog):
    caplog.set_level("DEBUG")
    answer = keyed.post("/v1/embeddings", {"input": "a secret text"}, Authorization="Bearer a-key-of-the-test")
    assert answer.status_code == 200
    assert "a-key-of-the-test" not in caplog.text
    assert "secret" not in caplog.text


def test_an_unexpected_error_is_500_and_its_message_stays_out_of_answer_and_log(served, caplog, monkeypatch):
    from qwen3_embed_integrations.server.models import ServedEncoder

    async def fail(_, texts, *__, **___):
        raise RuntimeError(texts[0])

    monkeypatch.setattr(ServedEncoder, "embed", fail)
    answer = served.post("/v1/embeddings", {"input": "a secret text"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "secret" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert served.server.service.queue.n_requests == 0


def test_requests_leave_no_object_behind(served):
    def ask(first, n_requests):
        for number in range(first, first + n_requests):
            served.embeddings(input=f"text {number}", input_type="query")
        gc.collect()
        return len(gc.get_objects())

    before = ask(0, 50)
    assert ask(50, 300) - before < 150
