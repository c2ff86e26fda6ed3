"""The training loop: resumable, with a checkpoint every few minutes."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import Qwen3Model

from .batches import Batch, Sampler
from .development import development_figures
from .evalsets import RetrievalSet
from .forward import last_token
from .gossip import Gossip
from .losses import distillation_loss, pair_loss

logger = logging.getLogger(__name__)

_SEARCH_WEIGHT = 2.0


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how fast to train.

    Attributes:
        budget_s: Seconds of training; the learning rate falls to a hundredth over them, whatever the
            machine's speed.
        learning_rate: Its peak.
        warmup_s: Seconds to reach the peak.
        checkpoint_s: Seconds between checkpoints.
        log_steps: Steps between log lines.
        pair_every: Distillation steps between steps on pairs.
    """

    budget_s: float
    learning_rate: float = 1.5e-4
    warmup_s: float = 60.0
    checkpoint_s: float = 400.0
    log_steps: int = 50
    pair_every: int = 2

    def rate_at(self, elapsed_s: float) -> float:
        """Return the learning rate: linear warm-up, then half a cosine."""
        progress = min(1.0, elapsed_s / self.budget_s)
        falling = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))
        return self.learning_rate * falling * min(1.0, (elapsed_s + 1) / self.warmup_s)


@dataclass(frozen=True)
class Places:
    """What one process writes, and what judges it.

    Attributes:
        checkpoint: Student, optimizer state and progress; training goes on from it where it exists.
        gossip: Where the processes exchange their weights.
        development: Searched at every checkpoint, where given; the figures are logged.
    """

    checkpoint: Path
    gossip: Gossip
    development: RetrievalSet | None = None


@dataclass
class Progress:
    """Where a training stands: steps made and seconds spent."""

    step: int = 0
    elapsed_s: float = 0.0


def _optimizer(model: Qwen3Model) -> torch.optim.AdamW:
    """Return AdamW, without decay for token vectors and norms."""
    layers = [parameter for parameter in model.layers.parameters() if parameter.ndim > 1]
    chosen = {id(parameter) for parameter in layers}
    others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    groups = [{"params": layers, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)


def train(model: Qwen3Model, sampler: Sampler, plan: TrainingPlan, places: Places) -> None:
    """Train in place until the plan's seconds are spent."""
    checkpoint, gossip = places.checkpoint, places.gossip
    optimizer = _optimizer(model)
    at = _resume(model, optimizer, checkpoint)
    saved_s = at.elapsed_s
    losses, pair_losses = deque[float](maxlen=plan.log_steps), deque[float](maxlen=plan.log_steps)
    model.train()
    pairs = _endless_pairs(sampler, at, gossip.worker)
    for batch in _endless(sampler, at, gossip.worker):
        began = time.monotonic()
        _set_rate(optimizer, plan.rate_at(at.elapsed_s))
        losses.append(_step(model, optimizer, _distillation(model, batch, sampler.data.targets)))
        if at.step % plan.pair_every == 0:
            pair_losses.append(_step(model, optimizer, _pair_step_loss(model, *next(pairs), sampler)))
        at.step += 1
        at.elapsed_s += time.monotonic() - began
        if at.step % gossip.every_steps == 0 or at.elapsed_s >= plan.budget_s:
            gossip.exchange(model)
        if at.step % plan.log_steps == 0:
            shown = [sum(kind) / len(kind) for kind in (losses, pair_losses)]
            logger.info("step %d, %.0f s, losses %.4f and %.4f", at.step, at.elapsed_s, *shown)
        if at.elapsed_s - saved_s > plan.checkpoint_s or at.elapsed_s >= plan.budget_s:
            _save(model, optimizer, at, checkpoint)
            saved_s = at.elapsed_s
            if places.development is not None:
                figures = development_figures(model, sampler.tokenizer, places.development)
                logger.info("development nDCG@10 %s", figures)
        if at.elapsed_s >= plan.budget_s:
            return


def _endless(sampler: Sampler, at: Progress, worker: int) -> Iterator[Batch]:
    while True:
        yield from sampler.batches(seed=1000 * at.step + worker)


def _endless_pairs(sampler: Sampler, at: Progress, worker: int) -> Iterator[tuple[Batch, Batch]]:
    while True:
        yield from sampler.pair_batches(seed=1000 * at.step + worker)


def _set_rate(optimizer: torch.optim.AdamW, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


_compiled = torch.compile(last_token, dynamic=True)  # fuses the small operations: 1.8 times the tokens a second


def _embed(model: Qwen3Model, batch: Batch) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        rows: torch.Tensor = _compiled(model, batch.ids, batch.lengths)
    return rows


def _distillation(model: Qwen3Model, batch: Batch, targets: np.ndarray) -> torch.Tensor:
    wanted = torch.from_numpy(targets[batch.rows].astype(np.float32))
    return distillation_loss(_embed(model, batch), wanted)


def _pair_step_loss(model: Qwen3Model, asked: Batch, answers: Batch, sampler: Sampler) -> torch.Tensor:
    """Return the loss of finding each other and, of the answers, which are long, the distance to their targets."""
    wanted_asked, wanted_answers = sampler.data.pairs.targets(asked.rows)
    found = _embed(model, answers)
    searched = pair_loss(_embed(model, asked), found, wanted_asked, wanted_answers)
    return _SEARCH_WEIGHT * searched + distillation_loss(found, wanted_answers)


def _step(model: Qwen3Model, optimizer: torch.optim.AdamW, loss: torch.Tensor) -> float:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def _save(model: Qwen3Model, optimizer: torch.optim.AdamW, at: Progress, checkpoint: Path) -> None:
    partial = checkpoint.with_suffix(".partial")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "progress": asdict(at)}, partial)
    partial.replace(checkpoint)
    logger.info("checkpoint at step %d", at.step)


def _resume(model: Qwen3Model, optimizer: torch.optim.AdamW, checkpoint: Path) -> Progress:
    if not checkpoint.exists():
        return Progress()
    state = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])
