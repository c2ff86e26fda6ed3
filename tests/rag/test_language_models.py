import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from checkpoints import TINY
from qwen3_embed_integrations import ConfigError, ModelNotFoundError
from qwen3_embed_integrations.rag.language_models import LocalChatModel, endpoint_model

TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory):
    """A small random chat model in transformers format."""
    folder = tmp_path_factory.mktemp("chat")
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    shape = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    config = Qwen3Config(vocab_size=len(tokenizer), head_dim=32, intermediate_size=64, **shape)
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


class Endpoint(BaseHTTPRequestHandler):
    """Implements the chat completions of the OpenAI protocol."""

    seen: list = []  # noqa: RUF012 - filled by the server, read by the test

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((self.path, self.headers["Authorization"], body))
        message = {"role": "assistant", "content": "As [1] says."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        reply = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice]}
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Log nothing."""


@pytest.fixture
def endpoint():
    Endpoint.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_a_local_chat_model_answers_and_keeps_its_thoughts(chat_model):
    model = LocalChatModel(model=str(chat_model), max_new_tokens=5)
    answer = model.invoke([SystemMessage("Be brief."), HumanMessage("Hello?")])
    assert isinstance(answer.text, str)
    assert "<think>" not in answer.text
    assert model.load()[1] is model.load()[1]


@pytest.mark.parametrize("make", [lambda path: path / "none", lambda path: path])
def test_a_chat_model_that_is_none_is_one_error(tmp_path, make):
    with pytest.raises(ModelNotFoundError, match=r"can't be loaded.*leave --llm out"):
        LocalChatModel(model=str(make(tmp_path))).load()


def test_a_hub_that_cannot_be_reached_is_asked_once_and_prints_nothing():
    code = """
import socket
n_asked = 0
def unreachable(host, *arguments, **options):
    global n_asked
    n_asked += 1
    raise socket.gaierror(-2, "Name or service not known")
socket.getaddrinfo = unreachable
from qwen3_embed_integrations import ConfigError, ModelNotFoundError
from qwen3_embed_integrations.rag.language_models import LocalChatModel
try:
    LocalChatModel(model="nosuch/model").load()
except ModelNotFoundError as error:
    print(n_asked, error)
"""
    environment = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stderr == ""
    n_asked, _, message = done.stdout.partition(" ")
    assert int(n_asked) <= 2  # the hub's library may ask once more, for its list of agents
    assert message.startswith("The chat model 'nosuch/model' can't be loaded (the model hub can't be reached")


def test_an_endpoint_gets_the_messages_and_the_key_of_the_named_variable(endpoint, monkeypatch):
    monkeypatch.setenv("MY_KEY", "k-123")
    answer = endpoint_model(endpoint, "some-model", "MY_KEY").invoke([HumanMessage("Hello?")])
    assert answer.text == "As [1] says."
    path, authorization, body = Endpoint.seen[0]
    assert (path, authorization) == ("/v1/chat/completions", "Bearer k-123")
    assert (body["model"], body["messages"][0]["content"]) == ("some-model", "Hello?")


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "OPENAI_PROXY"])
def test_an_endpoint_on_this_machine_is_asked_without_a_proxy(endpoint, monkeypatch, variable):
    monkeypatch.setenv(variable, "http://user:secret@127.0.0.1:9")
    assert endpoint_model(endpoint, "some-model", "MY_KEY").invoke([HumanMessage("Hello?")]).text == "As [1] says."


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "bad://user:secret@proxy"),
        ("all_proxy", "http://[::1"),
        ("SSL_CERT_FILE", "/nonexistent/secret"),
    ],
)
def test_a_malformed_setting_of_the_environment_is_named_without_its_value(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=f"The environment sets .*{variable}") as caught:
        endpoint_model("https://chat.invalid/v1", "some-model", "MY_KEY")
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None
