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
    def corpus(self) -> Path:
        """Training texts, one JSON object a line."""
        return self.root / "corpus.jsonl"

    @property
    def heldout(self) -> Path:
        """Translations that training never sees."""
        return self.root / "heldout.jsonl"

    @property
    def development(self) -> Path:
        """Sections of three manuals that judge the training and are no part of it."""
        return self.root / "development.jsonl"

    @property
    def tokenizer(self) -> Path:
        """The pruned tokenizer."""
        return self.root / "tokenizer"

    @property
    def labels(self) -> Path:
        """Teacher vectors, in shards."""
        return self.root / "labels"

    @property
    def space(self) -> Path:
        """The fitted target space."""
        return self.root / "space.npz"

    @property
    def initial(self) -> Path:
        """The untrained student."""
        return self.root / "initial"

    def token_vectors(self, stage: str) -> Path:
        """Token vectors after a stage of the static training."""
        return self.root / f"token-vectors-{stage}.safetensors"

    @property
    def gossip(self) -> Path:
        """Weights that training processes exchange."""
        return self.root / "gossip"

    @property
    def teacher_figures(self) -> Path:
        """What BM25 and the teachers reach; remove it to measure them again."""
        return self.root / "teacher-figures.json"

    def checkpoint(self, worker: int) -> Path:
        """Student, optimizer state and progress of one training process."""
        return self.root / f"checkpoint-{worker}.pt"
