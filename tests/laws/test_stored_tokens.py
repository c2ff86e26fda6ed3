"""A stored Haystack pipeline sends no variable to the model hub, unless this process names it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from haystack.utils import Secret

from haystack_integrations.components.embedders.qwen3 import Qwen3DocumentEmbedder, Qwen3TextEmbedder
from haystack_integrations.components.rankers.qwen3 import Qwen3Ranker
from qwen3_embed_integrations import HostNotAllowedError
from qwen3_embed_integrations.core import consent

VARIABLE, VALUE = "SECRET_OF_ANOTHER_SERVICE", "s3cr3t"
COMPONENTS = [Qwen3TextEmbedder, Qwen3DocumentEmbedder, Qwen3Ranker]
WARM_UP = textwrap.dedent(
    """
    import sys
    from haystack import Pipeline
    import haystack_integrations.components.embedders.qwen3
    try:
        Pipeline.loads(sys.stdin.read()).warm_up()
    except Exception as error:
        print(type(error.__cause__ or error).__name__, error)
    """
)
STORED = f"""
components:
  queries:
    type: haystack_integrations.components.embedders.qwen3.text_embedder.Qwen3TextEmbedder
    init_parameters:
      model: somebody/model
      token: {{type: env_var, env_vars: [{VARIABLE}], strict: true}}
connections: []
"""


@pytest.fixture
def hub() -> Iterator[tuple[str, list[str | None]]]:
    """Return the address of a hub on this machine, and the tokens that it gets."""
    tokens: list[str | None] = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("Authorization"))
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - the base class's name

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", tokens
        server.shutdown()


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_stored_pipeline_sends_the_token_only_with_consent(
    hub: tuple[str, list[str | None]], *, is_allowed: bool
) -> None:
    url, tokens = hub
    environment = {**os.environ, VARIABLE: VALUE, "HF_ENDPOINT": url, "HF_HUB_OFFLINE": "0", "HF_TOKEN": ""}
    environment["QWEN3_EMBED_ALLOWED_HOSTS"] = f"{url}={VARIABLE}" if is_allowed else ""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", WARM_UP], input=STORED, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if is_allowed:
        assert f"Bearer {VALUE}" in tokens
    else:
        assert (tokens, VARIABLE in done.stdout, VALUE in done.stdout + done.stderr) == ([], True, False)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_restored_component_needs_consent_for_its_token(component: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "_named", {})
    monkeypatch.setenv(VARIABLE, VALUE)
    stored = component().to_dict()
    stored["init_parameters"]["token"] = {"type": "env_var", "env_vars": [VARIABLE], "strict": True}
    with pytest.raises(HostNotAllowedError, match=VARIABLE):
        component.from_dict(stored).warm_up()


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_pickled_component_carries_consent_to_workers_of_this_process(
    component: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "_named", {})
    monkeypatch.setenv(VARIABLE, VALUE)
    pickled = pickle.dumps(component(token=Secret.from_env_var(VARIABLE)))
    monkeypatch.setattr(consent, "_named", {})
    assert VALUE.encode() not in pickled
    restored = pickle.loads(pickled)  # noqa: S301 - our own bytes
    assert consent.is_allowed("https://huggingface.co", VARIABLE)
    assert restored.to_dict() == component(token=Secret.from_env_var(VARIABLE)).to_dict()


def test_a_token_that_code_writes_out_needs_no_consent() -> None:
    secret = Secret.from_token("hf_x")
    token = Qwen3TextEmbedder(model="tiny", token=secret).encoder.config.token
    assert token is not None
    assert token.get_secret_value() == "hf_x"
    assert Qwen3Ranker(token=secret).reranker.config.token is not None
