"""Stage 3: trains the layers on triples, while all other texts keep the embeddings that token vectors alone give them.

A mean of token vectors searches well, but order, role and negation are lost on it. `train` teaches the layers these and
loses some of the search. Here real texts, whatever their language and instruction, are brought back to where the mean
puts them (`OrderOptions.anchor_weight`), while triples go on. Token vectors stay as stage 1 left them.
"""

from __future__ import annotations

import copy
import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import cosine_similarity
from transformers import Qwen3Model

from .losses import contrastive_loss
from .pair_sampler import PairSampler
from .train import Encoder

logger = logging.getLogger(__name__)

_CUTS = ((48, 40), (48, 40), (96, 20), (224, 8))
"""Tokens and number of the anchored texts, step by step: most texts are short, some are not."""
_SAVE_S = 60.0


@dataclass(frozen=True)
class OrderOptions:
    """How long and how fast to train.

    Attributes:
        minutes: Minutes of training; the learning rate falls to a fiftieth over them.
        n_triples: Triples a step.
        learning_rate: Its peak.
        anchor_weight: Weight of how far real texts moved, beside the triples' loss.
        warmup_steps: Steps to reach the peak.
        max_steps: End after so many steps, if the minutes are not spent before.
        log_steps: Steps between log lines.
    """

    minutes: float
    n_triples: int = 32
    learning_rate: float = 1.5e-3
    anchor_weight: float = 20.0
    warmup_steps: int = 20
    max_steps: int | None = None
    log_steps: int = 25

    def rate_at(self, step: int, spent: float) -> float:
        """Return the learning rate after a share of the minutes: linear warm-up, then half a cosine."""
        falling = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, spent)))
        return self.learning_rate * falling * min(1.0, (step + 1) / self.warmup_steps)


def train_order(  # noqa: PLR0913, PLR0917 - what it trains, reads, writes and is evaluated by
    model: Qwen3Model,
    tokenizer: Tokenizer,
    sampler: PairSampler,
    layers: Path,
    target: Path,
    options: OrderOptions,
    dev_evaluator: Callable[[], dict[str, float]] | None = None,
) -> int:
    """Train in place, from ``target`` on where it exists, keep the weights there every minute, and return the steps.

    Args:
        model: As `model.build_model` makes it; its token vectors are not changed.
        tokenizer: The model's, with the end token.
        sampler: Where triples and anchored texts come from.
        layers: Weights whose layers the training begins with, where this file exists; else with the start's.
        target: The weights, as a state dict below ``model``.
        options: How long and how fast.
        dev_evaluator: Called at the end; its figures are logged.
    """
    start = copy.deepcopy(model).eval()
    _load_layers(model, target if target.exists() else layers)
    encoder, anchor = Encoder(model, tokenizer, "cpu"), Encoder(start, tokenizer, "cpu")
    matrices = [parameter for parameter in model.layers.parameters() if parameter.ndim > 1]
    norms = [parameter for parameter in model.layers.parameters() if parameter.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": norms, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)
    model.embed_tokens.weight.requires_grad_(requires_grad=False)
    texts = sampler.batches(64, seed=77)
    began = saved = time.monotonic()
    losses: list[tuple[float, float]] = []
    step = 0
    while True:
        spent = (time.monotonic() - began) / (60 * options.minutes)
        for group in optimizer.param_groups:
            group["lr"] = options.rate_at(step, spent)
        batch = next(texts)
        n_tokens, n_texts = _CUTS[step % len(_CUTS)]
        sides = random.Random(step).sample([*batch.left, *batch.right], min(n_texts, len(batch.left)))  # noqa: S311
        meaning, moved = (
            _triple_loss(encoder, sampler, options.n_triples, step),
            _moved(encoder, anchor, sides, n_tokens),
        )
        optimizer.zero_grad(set_to_none=True)
        (meaning + options.anchor_weight * moved).backward()
        torch.nn.utils.clip_grad_norm_(model.layers.parameters(), 1.0)
        optimizer.step()
        losses.append((meaning.item(), moved.item()))
        step += 1
        if step % options.log_steps == 0:
            logger.info("order step %d, %.0f%%: triples %.3f, moved %.4f", step, 100 * spent, *np.mean(losses, axis=0))
            losses.clear()
        is_over = spent >= 1 or step == options.max_steps
        if is_over or time.monotonic() - saved > _SAVE_S:
            saved = time.monotonic()
            torch.save({"model": model.state_dict()}, target.with_suffix(".partial"))
            target.with_suffix(".partial").replace(target)
        if is_over:
            break
    if dev_evaluator is not None:
        logger.info("order development %s", dev_evaluator())
    return step


def _load_layers(model: Qwen3Model, path: Path) -> None:
    if path.exists():
        trained = torch.load(path, weights_only=True, map_location="cpu")["model"]
        model.layers.load_state_dict(
            {name.removeprefix("layers."): tensor for name, tensor in trained.items() if name.startswith("layers.")}
        )


def _triple_loss(encoder: Encoder, sampler: PairSampler, size: int, step: int) -> torch.Tensor:
    triples = sampler.triples(size, random.Random(step))  # noqa: S311 - no secret
    found = encoder([*triples.left, *triples.right, *triples.wrong], 96)
    one, same, different = found.split(size)
    return contrastive_loss(one, same, torch.zeros_like(same), different, symmetric=True)


def _moved(encoder: Encoder, anchor: Encoder, texts: list[str], n_tokens: int) -> torch.Tensor:
    """Return how far the texts' embeddings are from the start's: one less their mean cosine."""
    with torch.no_grad():
        wanted = anchor(texts, n_tokens)
    return 1 - cosine_similarity(encoder(texts, n_tokens), wanted, dim=-1).mean()
