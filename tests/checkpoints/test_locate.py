"""The real hub client against a small local server that implements the hub's HTTP API."""

import hashlib
import http.server
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig, MissingExtraError, ModelNotFoundError, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.locate import cached_bytes, locate

COMMIT = "b22da495047858cce924d27d76261e96be6febc0"
SCRIPT = """
import json, sys
from qwen3_embed_integrations import Qwen3Encoder
options = json.loads(sys.argv[1])
encoder = Qwen3Encoder(**options)
try:
    embeddings = encoder.encode_query(["hello"])
except Exception as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}))
else:
    print(json.dumps({"embeddings": embeddings.tolist(), "space": encoder.space.to_dict()}))
"""


class Hub(http.server.ThreadingHTTPServer):
    """Serve one model folder as `me/model`, a gated `me/gated`, and nothing else."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.seen = []
        self.tokens = set()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        hub = self.server
        path = self.path.partition("?")[0]
        hub.seen.append((self.command, path))
        hub.tokens.add(self.headers.get("Authorization"))
        if "me/gated" in path:
            return self.reply(403, b"gated", {"X-Error-Code": "GatedRepo"}, body=body)
        if "me/model" not in path:
            return self.reply(404, b"none", {"X-Error-Code": "RepoNotFound"}, body=body)
        if path.startswith("/api/models/me/model/revision/"):
            if path.rpartition("/")[2] not in ("main", COMMIT):
                return self.reply(404, b"none", {"X-Error-Code": "RevisionNotFound"}, body=body)
            return self.reply(200, self.listing(), {"Content-Type": "application/json"}, body=body)
        if path.startswith("/api/models/me/model/tree/"):
            return self.reply(200, self.tree(), {"Content-Type": "application/json"}, body=body)
        file = hub.folder / path.partition(f"/resolve/{COMMIT}/")[2]
        content = file.read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        return self.reply(200, content, headers, body=body)

    def files(self):
        return {str(p.relative_to(self.server.folder)): p for p in self.server.folder.rglob("*") if p.is_file()}

    def listing(self):
        siblings = [{"rfilename": name} for name in self.files()]
        return json.dumps({"id": "me/model", "sha": COMMIT, "siblings": siblings}).encode()

    def tree(self):
        entries = [
            {"type": "file", "path": name, "size": path.stat().st_size, "oid": "0" * 40}
            for name, path in self.files().items()
        ]
        return json.dumps(entries).encode()

    def reply(self, status, content, headers, *, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def hub(own_checkpoint):
    (own_checkpoint / "evil.py").write_text("raise SystemExit")
    (own_checkpoint / "pytorch_model.bin").write_bytes(b"pickle")
    server = Hub(own_checkpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def embed(endpoint, tmp_path, **options):
    """Embed in a new process: the hub client reads its settings once, at import."""
    import os

    settings = {"cache_folder": str(tmp_path / "cache"), "model": "me/model", **options}
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", SCRIPT, json.dumps(settings)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def url(hub):
    return f"http://127.0.0.1:{hub.server_port}"


def test_a_hub_model_downloads_once_and_then_serves_offline(hub, tmp_path, checkpoint):
    found = embed(url(hub), tmp_path, token="hf_secret")
    expected = Qwen3Encoder(model=str(checkpoint))
    np.testing.assert_allclose(found["embeddings"], expected.encode_query(["hello"]), atol=1e-6)
    assert found["space"]["revision"] == COMMIT
    assert found["space"]["fingerprint"] == expected.space.fingerprint
    fetched = {Path(path).name for method, path in hub.seen if method == "GET"}
    assert "model.safetensors" in fetched
    assert not {"evil.py", "pytorch_model.bin"} & fetched
    assert "Bearer hf_secret" in hub.tokens
    n_requests = len(hub.seen)
    again = embed(url(hub), tmp_path, local_files_only=True)
    assert again == found
    assert len(hub.seen) == n_requests


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": "me/nothing"}, "ModelNotFoundError", "has no model 'me/nothing'"),
        ({"model": "me/gated"}, "ModelNotFoundError", "is gated"),
        ({"revision": "v9"}, "ModelNotFoundError", "no revision 'v9'"),
    ],
)
def test_what_the_hub_refuses_is_an_error_with_a_remedy(hub, tmp_path, options, error, message):
    found = embed(url(hub), tmp_path, **options)
    assert found["error"] == error
    assert message in found["message"]


def test_a_hub_that_can_not_be_reached_names_the_ways_out(hub, tmp_path):
    endpoint = url(hub)
    hub.shutdown()
    hub.server_close()
    found = embed(endpoint, tmp_path)
    assert found["error"] == "HubUnavailableError"
    for way_out in ('model="tiny"', "folder", 'backend="remote"'):
        assert way_out in found["message"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "bad://user:secret@proxy"),
        ("ALL_PROXY", "http://[::1"),
        ("SSL_CERT_FILE", "/nonexistent"),
        ("HF_ENDPOINT", "no-address"),
    ],
)
def test_a_malformed_setting_of_the_environment_is_named_without_its_value(tmp_path, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    endpoint = value if variable == "HF_ENDPOINT" else "https://hub.invalid"
    found = embed(endpoint, tmp_path)
    assert found["error"] == "HubUnavailableError"
    assert re.search(rf"The environment sets .*\b{variable}\b", found["message"])
    assert "secret" not in found["message"]


def test_a_name_that_is_no_model_is_refused_without_asking_the_hub(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelNotFoundError, match="is a file"):
        locate(EncoderConfig(model=str(tmp_path / "model.safetensors")))
    with pytest.raises(ModelNotFoundError, match=r"No folder and no known model 'tinny'\. Did you mean 'tiny'"):
        locate(EncoderConfig(model="tinny"))
    for model in ("tiny", str(tmp_path)):
        with pytest.raises(ConfigError, match="applies to hub models only"):
            locate(EncoderConfig(model=model, revision="main"))


def test_without_the_hub_library_no_model_is_cached_and_a_hub_model_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert cached_bytes("me/model") == 0
    with pytest.raises(MissingExtraError, match="qwen3-embed-integrations\\[torch\\]"):
        locate(EncoderConfig(model="me/model"))
