"""The extras "onnx" and "langchain" in an environment that has nothing else: size, start, memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MEASURE = """
import time; began = time.process_time()  # CPU seconds, which a busy machine changes little
from qwen3_embed_integrations.langchain import Qwen3Embeddings
embedding = Qwen3Embeddings(model="tiny", backend="onnx").embed_query("How do I sort a list?")
seconds = time.process_time() - began
import json, sys
# not the module resource: its maximum counts what the parent had in memory when it started this process
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
megabytes = int(peak[0].split()[1]) / 1024
print(json.dumps([seconds, megabytes, len(embedding), "torch" in sys.modules]))
"""
MOST_MB = 250
MOST_SECONDS = 1.0


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert not done.returncode, done.stderr
    return done.stdout


@pytest.mark.index
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_a_bare_install_is_small_and_starts_at_once(tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare")
    (site,) = (tmp_path / "bare" / "lib").glob("python*/site-packages")
    options = ("--quiet", "--disable-pip-version-check", "--no-compile", "--constraint", ROOT / "constraints.txt")
    run(sys.executable, "-m", "pip", "install", *options, "--target", site, f"{ROOT}[onnx,langchain]")
    installed = {path.name for path in site.iterdir()}
    assert not {"torch", "transformers", "onnx", "safetensors"} & installed
    n_bytes = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert n_bytes / 1e6 <= MOST_MB

    python = tmp_path / "bare" / "bin" / "python"
    found = [json.loads(run(python, "-c", MEASURE)) for _ in range(5)]
    seconds, megabytes, width, has_torch = min(found)
    assert (width, has_torch) == (256, False)
    assert megabytes <= MOST_MB
    assert seconds <= MOST_SECONDS
    assert "shutil.copytree" in run(python, ROOT / "examples" / "serverless.py", "How do I copy a folder?")
