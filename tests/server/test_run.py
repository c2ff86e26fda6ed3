"""The command: it says where it listens, drains on SIGTERM, and ends with an error that names the remedy."""

import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.server import ServeOptions
from qwen3_embed_integrations.server.run import run


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGTERM")
def test_sigterm_ends_the_command_well_and_no_text_is_in_its_log():
    command = [sys.executable, "-m", "qwen3_embed_integrations", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:  # noqa: S603
        lines = iter(process.stderr.readline, "")
        url = next(found[1] for line in lines if (found := re.search(r"running on (http://\S+)", line)))
        body = b'{"input": "a secret text"}'
        status = 503
        while status == 503:
            try:
                with urllib.request.urlopen(f"{url}/v1/embeddings", body) as answer:  # noqa: S310
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
        process.send_signal(signal.SIGTERM)
        log = process.stderr.read()
    assert (status, process.returncode) == (200, 0)
    assert "POST /v1/embeddings 200" in log
    assert "secret" not in log


def test_an_open_address_without_a_key_is_refused_before_anything_is_loaded(monkeypatch):
    monkeypatch.delenv("QWEN3_EMBED_API_KEYS", raising=False)
    with pytest.raises(ConfigError, match="no key protects the server"):
        run(EncoderConfig(model="/nowhere"), ServeOptions(host="0.0.0.0"))  # noqa: S104 - it is refused


def test_a_model_that_is_not_there_is_an_error_of_the_command(tmp_path):
    from qwen3_embed_integrations import Qwen3EmbedError

    with pytest.raises(Qwen3EmbedError):
        run(EncoderConfig(model=str(tmp_path)), ServeOptions(port=0))
