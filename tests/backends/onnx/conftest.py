"""Exported models that many tests share; treat them as read-only."""

from pathlib import Path

import pytest

from checkpoints import MakeCheckpoint, build_reranker
from exported_models import exported


@pytest.fixture(scope="session")
def exported_folder(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session's small random model in float32."""
    return exported(checkpoint, tmp_path_factory.mktemp("exported") / "model")


@pytest.fixture(scope="session")
def exported_mean(make_checkpoint: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model with mean pooling, and its export."""
    original = make_checkpoint(pooling="mean")
    return original, exported(original, tmp_path_factory.mktemp("exported") / "mean")


@pytest.fixture(scope="session")
def exported_reranker(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A random reranker, and its export."""
    folder = tmp_path_factory.mktemp("reranker")
    original = build_reranker(folder / "a-reranker")
    return original, exported(original, folder / "exported")
