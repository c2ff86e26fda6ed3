"""What this machine has: the package, Python, processor, memory, installed extras, models, and the chosen plan."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from qwen3_embed_integrations import MODELS, EncoderConfig, MissingExtraError, Qwen3EmbedError, __version__
from qwen3_embed_integrations.backends.registry import report_plan
from qwen3_embed_integrations.checkpoints.locate import cached_bytes

Finding = tuple[str, str]
"""What was looked at, and what was found."""

_PACKAGES = {
    "torch": ("torch", "transformers", "tokenizers", "safetensors"),
    "fast": ("numba",),
    "onnx": ("onnxruntime", "tokenizers"),
    "openvino": ("openvino",),
    "export": ("onnx",),
    "gguf": ("gguf",),
    "remote": ("httpx", "tenacity"),
    "langchain": ("langchain-core",),
    "llama-index": ("llama-index-core",),
    "haystack": ("haystack-ai",),
    "chroma": ("chromadb",),
    "qdrant": ("qdrant-client",),
    "milvus": ("pymilvus",),
    "pgvector": ("pgvector", "psycopg"),
    "faiss": ("faiss-cpu",),
    "rag": ("langchain-chroma", "pypdfium2", "lxml", "mammoth"),
    "train": ("sentence-transformers", "datasets", "peft"),
}
"""Extra → the distributions that show whether it is installed."""

_CPUINFO = Path("/proc/cpuinfo")
_GIB = 2**30
_GB = 1e9


def describe_machine(config: EncoderConfig) -> list[Finding]:
    """Return what is installed here and how it would compute the model of `config`; loads no weights.

    Args:
        config: The model and its options; `backend` must be one that computes in this process.
    """
    return [
        ("package", f"qwen3-embed-integrations {__version__}, Python {platform.python_version()}"),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("processor", f"{_processor()}, {_n_cores()} cores for this process"),
        ("memory", _memory()),
        *_extras(),
        ("models", _models(config.cache_folder)),
        *_plan(config),
    ]


def _processor() -> str:
    """Return the processor's name; platform knows it on macOS and Windows, Linux has a file (without it on ARM)."""
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown"
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free_disk = shutil.disk_usage(Path.home() if Path.home().exists() else Path.cwd()).free
    return f"{total / _GIB:.1f} GiB in all; {free_disk / _GB:.0f} GB free in the home folder"


def _extras() -> list[Finding]:
    """Return a finding for each extra: the versions of its packages, or the command that installs it."""
    return [(f"[{extra}]", _installed(extra, packages)) for extra, packages in _PACKAGES.items()]


def _installed(extra: str, packages: tuple[str, ...]) -> str:
    found = {package: _version(package) for package in packages}
    missing = [package for package, number in found.items() if number is None]
    if missing:
        return f'{", ".join(missing)} not installed: pip install "qwen3-embed-integrations[{extra}]"'
    return ", ".join(f"{package} {number}" for package, number in found.items())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _models(cache_folder: str | None) -> str:
    if find_spec("huggingface_hub") is None:
        return "tiny is bundled; there is no hub library to look for others"
    cached = {name: cached_bytes(published.repo_id, cache_folder) for name, published in MODELS.items()}
    names = [f"{name} cached ({n_bytes / _GB:.1f} GB)" for name, n_bytes in cached.items() if n_bytes]
    return ", ".join(["tiny is bundled", *names, *([] if names else ["none cached"])])


def _plan(config: EncoderConfig) -> list[Finding]:
    """Return how this machine would compute the model, or why it can't."""
    try:
        return list(report_plan(config))
    except MissingExtraError as error:
        return [("model", str(error))]
    except Qwen3EmbedError as error:
        return [("model", f"{config.model}: {error}")]
