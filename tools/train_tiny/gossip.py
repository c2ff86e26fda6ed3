"""Lets several training processes share what they learn, by averaging weights through files.

Each process trains on its own texts; every few dozen steps it writes its weights and moves to the
mean of them and the others' latest. Nobody waits, so a process that gets less of a busy machine
doesn't hold the others up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen3Model


@dataclass(frozen=True)
class Gossip:
    """One process of ``n_workers`` that meet in ``folder``."""

    folder: Path
    worker: int
    n_workers: int
    every_steps: int = 30

    def exchange(self, model: Qwen3Model) -> None:
        """Write the weights and replace them by the mean over all workers seen so far."""
        self.folder.mkdir(parents=True, exist_ok=True)
        mine = {name: tensor.detach() for name, tensor in model.state_dict().items()}
        partial = self.folder / f"worker-{self.worker}.partial"
        save_file({name: tensor.contiguous() for name, tensor in mine.items()}, partial)
        partial.replace(self._path(self.worker))
        others = [self._path(other) for other in range(self.n_workers) if other != self.worker]
        all_weights = [mine, *(load_file(path) for path in others if path.exists())]
        with torch.no_grad():
            for name, tensor in mine.items():
                tensor.copy_(torch.stack([weights[name] for weights in all_weights]).mean(0))

    def _path(self, worker: int) -> Path:
        return self.folder / f"worker-{worker}.safetensors"
