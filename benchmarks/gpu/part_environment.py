"""What the machine has: versions, the card, what was tried for the model on it."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil

import torch
from gpu_setup import checkpoint, start

from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.gpu.build import GPU_BATCH_TOKENS, gpu_report
from qwen3_embed_integrations.checkpoints.checkpoint import read_json


def version(package: str) -> str:
    """Return a package's version, or that it is missing."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


run = start()
run.save(
    python=platform.python_version(),
    packages={one: version(one) for one in ("torch", "triton", "transformers", "sentence-transformers", "flash-attn")},
    cuda=torch.version.cuda,
    hip=torch.version.hip,
    c_compiler=shutil.which("cc") or shutil.which("gcc"),
)
if not run.dry:
    properties = torch.cuda.get_device_properties(run.device)
    run.save(
        properties=str(properties),
        memory=torch.cuda.mem_get_info(run.device),
        capability=torch.cuda.get_device_capability(run.device),
    )
    opened = checkpoint("0.6B")
    architecture = Qwen3Architecture.of(read_json(opened.folder / "config.json"))
    run.save(report=gpu_report(architecture, [run.device], "auto", GPU_BATCH_TOKENS))
forward = run.forward("0.6B")
run.save(attention=forward._model.attention.reason, ops=type(forward._model.runs.arithmetic.ops).__name__)  # noqa: SLF001
