"""The engines of the race, what pip installs for each, and why some peers don't run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

INSTALL_TIMEOUT_S = 1800


@dataclass(frozen=True)
class Engine:
    """One way to embed texts.

    Attributes:
        key: As in runner.py.
        name: In the tables.
        requirement: What pip installs; "" where the running environment has all.
        most_rounds: A slow one may take part in fewer rounds.
    """

    key: str
    name: str
    requirement: str = ""
    most_rounds: int = 99


ENGINES = (
    Engine("ours_bfloat16", "this package, bfloat16"),
    Engine("st_bfloat16", "sentence-transformers, bfloat16"),
    Engine("st_openvino", "sentence-transformers, OpenVINO (bfloat16)", "optimum-intel[openvino]"),
    Engine("ours_int8", "this package, int8"),
    Engine("st_openvino_int8", "sentence-transformers, OpenVINO int8 weights", "optimum-intel[openvino]"),
    Engine("ours_float32", "this package, float32"),
    Engine("st_float32", "sentence-transformers, float32", most_rounds=1),
    Engine("langchain_huggingface", "langchain-huggingface, bfloat16", "langchain-huggingface", most_rounds=1),
    Engine(
        "llama_index_huggingface",
        "llama-index-embeddings-huggingface, bfloat16",
        "llama-index-embeddings-huggingface",
        most_rounds=1,
    ),
    Engine(
        "haystack_sentence_transformers",
        "sentence-transformers-haystack, bfloat16",
        "sentence-transformers-haystack",
        most_rounds=1,
    ),
    Engine("door_langchain", "this package through LangChain", most_rounds=1),
    Engine("door_llama_index", "this package through LlamaIndex", most_rounds=1),
    Engine("door_haystack", "this package through Haystack", most_rounds=1),
    Engine("door_chroma", "this package through Chroma", most_rounds=1),
)

NOT_RUN = {
    "fastembed, qwen3-embed (PyPI)": "run ONNX or GGUF weights of their own, which come from a hub",
    "sentence-transformers, ONNX": "its ONNX extra needs transformers 4, this checkpoint is read by transformers 5",
    "llama-cpp-python": "has no wheel for this Python; building it took more than 20 minutes here and was ended",
}


class PeerError(RuntimeError):
    """A peer could not be installed or run."""


def python_of(engine: Engine, cache: Path) -> Path:
    """Gives the interpreter for an engine: this one, or that of an environment made for it.

    The environment sees this one's packages, torch among them; pip adds what the peer wants in another version.
    """
    if not engine.requirement or _is_installed(engine.requirement):
        return Path(sys.executable)
    running = sysconfig.get_path("purelib")
    stamp = hashlib.sha256(f"{running} {metadata.version('torch')} {sys.version}".encode()).hexdigest()[:8]
    name = engine.requirement.partition("[")[0]
    folder = cache / "environments" / f"{name}-{stamp}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if (folder / "complete").exists():
        return python
    venv.create(folder, clear=True, with_pip=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    seen = [path for path in sys.path if Path(path).name == "site-packages"]
    (site / "running.pth").write_text("\n".join(seen) + "\n", encoding="utf-8")
    constraints = folder / "constraints.txt"
    constraints.write_text(f"torch=={metadata.version('torch')}\n", encoding="utf-8")
    ran = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--constraint", str(constraints), engine.requirement],
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    if ran.returncode:
        raise PeerError(f"could not be installed: {(ran.stderr.strip().splitlines() or ['?'])[-1][:200]}")
    (folder / "complete").touch()
    return python


def _is_installed(requirement: str) -> bool:
    try:
        metadata.version(requirement.partition("[")[0])
    except metadata.PackageNotFoundError:
        return False
    return True
