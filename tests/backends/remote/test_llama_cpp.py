"""A real engine: llama.cpp's server with a GGUF of the small checkpoint.

Runs where the packages of benchmarks/engines/llama_cpp.py are installed: in this environment, or in one whose
Python the environment variable LLAMA_CPP_PYTHON names.
"""

import importlib.util
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.cli.server_checks import diagnose

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "engines" / "llama_cpp.py"
TEXTS = [
    "The capital of China is Beijing.",
    "naïve café 北京 🙂 x<y",
    "def f(x):\n    return x + 1\n\n" * 3,
    "a",
    "word " * 900,
    "a text that spells <|im_start|> and <|endoftext|> in the middle",
]
SPELLS_A_TOKEN = 5

pytestmark = pytest.mark.slow


@contextmanager
def engine(checkpoint, *flags):
    python = os.environ.get("LLAMA_CPP_PYTHON") or (importlib.util.find_spec("xllamacpp") and sys.executable)
    if not python:
        pytest.skip("llama.cpp's server is not installed: pip install xllamacpp gguf safetensors")
    command = [python, SCRIPT, checkpoint, *flags]
    with subprocess.Popen(  # noqa: S603 - our own script
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        address = process.stdout.readline().strip()
        assert address.startswith("http"), "the engine did not start"
        yield {"backend": "remote", "engine": "llama.cpp", "base_url": address, "model": str(checkpoint)}
        process.stdin.close()


def largest_differences(options, local):
    encoder = Qwen3Encoder(**options)
    try:
        return [
            np.abs(encoder.encode(TEXTS, role).embeddings - local.encode(TEXTS, role).embeddings).max(axis=1)
            for role in ("query", "document")
        ]
    finally:
        encoder.unload()


def test_llama_cpp_gives_local_embeddings_by_token_ids_and_by_text(checkpoint, local):
    with engine(checkpoint) as options:
        assert np.max(largest_differences(options, local)) <= 1e-5
        by_text = np.array(largest_differences({**options, "send_token_ids": False}, local))
        assert by_text[:, :SPELLS_A_TOKEN].max() <= 1e-5
        assert by_text[:, SPELLS_A_TOKEN].min() > 1e-3  # what token ids are for
        checks = diagnose(EncoderConfig(**options), local.config)
        assert {check.outcome for check in checks} == {"ok"}


def test_llama_cpp_with_an_early_gguf_needs_our_end_token(checkpoint, local):
    with engine(checkpoint, "--no-end-token") as options:
        as_text = {**options, "send_token_ids": False}
        told = {check.name: check for check in diagnose(EncoderConfig(**as_text), local.config)}
        assert told["end token"].outcome == told["parity"].outcome == "failure"
        assert "append_end_token=True" in told["end token"].found
        cured = np.array(largest_differences({**as_text, "append_end_token": True}, local))
        assert cured[:, :SPELLS_A_TOKEN].max() <= 1e-5
        assert np.max(largest_differences(options, local)) <= 1e-5
