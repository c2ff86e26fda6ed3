"""The command: it says where it listens, drains on SIGTERM, and ends with an error that names the remedy."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.server import ServeOptions
from qwen3_embed_integrations.server.run import Server, run


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGTERM")
def test_sigterm_ends_the_command_well_and_no_text_is_in_its_log(tmp_path):
    log = tmp_path / "log"  # a file, because nobody reads a pipe meanwhile and a full one would stop the server
    command = [sys.executable, "-m", "qwen3_embed_integrations", "serve", "--port", "0"]
    with log.open("wb") as file, subprocess.Popen(command, stderr=file, env=os.environ) as process:  # noqa: S603
        while not (found := re.search(r"running on (http://\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        status = 503
        while status == 503:
            time.sleep(0.1)
            try:
                with urllib.request.urlopen(f"{found[1]}/v1/embeddings", b'{"input": "a secret text"}') as answer:  # noqa: S310
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
        process.send_signal(signal.SIGTERM)
    assert (status, process.returncode) == (200, 0)
    assert "POST /v1/embeddings 200" in log.read_text()
    assert "secret" not in log.read_text()


def test_an_open_address_without_a_key_is_refused_before_anything_is_loaded(monkeypatch):
    monkeypatch.delenv("QWEN3_EMBED_API_KEYS", raising=False)
    with pytest.raises(ConfigError, match="no key protects the server"):
        run(EncoderConfig(model="/nowhere"), ServeOptions(host="0.0.0.0"))  # noqa: S104 - it is refused


def test_a_model_that_is_not_there_is_an_error_of_the_command(tmp_path):
    from qwen3_embed_integrations import Qwen3EmbedError

    with pytest.raises(Qwen3EmbedError):
        run(EncoderConfig(model=str(tmp_path)), ServeOptions(port=0))


def test_the_end_of_loading_is_told():
    loaded = threading.Event()
    server = Server(EncoderConfig(model="tiny"), ServeOptions(port=0), loaded.set)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert loaded.wait(60)
    assert server.service.models.is_ready
    server.should_exit = True
    thread.join()
