"""Where each step keeps what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WorkFolder:
    """The paths below the ``--work`` folder."""

    root: Path

    @property
    def downloads(self) -> Path:
        """Sources as fetched and unpacked."""
        return self.root / "downloads"

    @property
    def unpacked(self) -> Path:
        """One folder a Debian package."""
        return self.downloads / "unpacked"

    @property
    def repositories(self) -> Path:
        """One folder a repository, named ``owner+name``."""
        return self.downloads / "repositories"

    @property
    def texts(self) -> Path:
        """Training texts, one JSON object a line, in as many files as one likes."""
        return self.root / "texts"

    @property
    def development(self) -> Path:
        """Sections of three manuals that evaluate the training and are no part of it."""
        return self.root / "development.jsonl"
