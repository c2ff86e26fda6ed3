"""Fixtures: small real checkpoints, and an environment that stays at home."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small models are faster so, and a busy machine stays fair
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

import pytest
from hypothesis import HealthCheck, settings
from transformers.utils import logging as transformers_logging

from checkpoints import MakeCheckpoint, build_checkpoint
from qwen3_embed_integrations import Qwen3Encoder

transformers_logging.disable_progress_bar()
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")  # both would time the machine, not the code
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in a shell's background, where children would ignore Ctrl-C too; the tests of Ctrl-C send it to them.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def make_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> MakeCheckpoint:
    """Builds further checkpoints: `make_checkpoint(pooling="mean", seed=1, hidden_size=96)`."""

    def make(**options: Any) -> Path:
        return build_checkpoint(tmp_path_factory.mktemp("checkpoint") / "model", **options)

    return make


@pytest.fixture(scope="session")
def checkpoint(make_checkpoint: MakeCheckpoint) -> Path:
    """A random model of width 64; treat it as read-only."""
    return make_checkpoint()


@pytest.fixture
def own_checkpoint(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of `checkpoint` that a test may damage."""
    return Path(shutil.copytree(checkpoint, tmp_path / "own"))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Records what reaches the encoder, which then does its work."""
    seen: list[tuple[str, list[str]]] = []
    encode, aencode = Qwen3Encoder.encode, Qwen3Encoder.aencode

    def recorded(self: Qwen3Encoder, texts: Sequence[str], role: Any, **options: Any) -> Any:
        seen.append((role, list(texts)))
        return encode(self, texts, role, **options)

    async def arecorded(self: Qwen3Encoder, texts: Sequence[str], role: Any, **options: Any) -> Any:
        seen.append((role, list(texts)))
        return await aencode(self, texts, role, **options)

    monkeypatch.setattr(Qwen3Encoder, "encode", recorded)
    monkeypatch.setattr(Qwen3Encoder, "aencode", arecorded)
    return seen
