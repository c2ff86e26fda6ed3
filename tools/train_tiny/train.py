"""Trains all layers on pairs; resumable, with a checkpoint every few minutes."""

from __future__ import annotations

import logging
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import normalize
from transformers import Qwen3Model

from .forward import last_token
from .losses import contrastive_loss, distillation_loss, pair_distillation_loss, similarity_divergence
from .pair_sampler import PairBatch, PairSampler
from .token_vectors import BagOfTokens

logger = logging.getLogger(__name__)

_KEEP_WEIGHT, _TRIPLE_WEIGHT = 2.0, 2.0
_TOKEN_VECTORS_SHARE = 0.2
_CHARS_A_TOKEN = 8
_KEEP_CHARS = 600
_SHORT_CUT, _LONG_CUT, _LONG_EVERY = 96, 320, 8
_BATCH_TOKENS = 6144


@dataclass(frozen=True)
class TrainingOptions:
    """How long and how fast to train.

    Attributes:
        minutes: Minutes of training; the learning rate falls to a fiftieth over them, whatever the speed.
        learning_rate: Its peak, for the layers; token vectors get a share (`_TOKEN_VECTORS_SHARE`).
        warmup_steps: Steps to reach the peak, also after each start from a checkpoint.
        batch_size: Pairs a step.
        n_triples: Triples of each step beside them: alone in a batch their gradients are lost in the optimizer's means.
        checkpoint_s: Seconds between checkpoints.
        evaluate_every: Checkpoints between evaluations on the development sets.
        log_steps: Steps between log lines.
        device: Where to train, such as ``cpu`` or ``cuda``.
        is_compiled: Whether to compile the forward pass first, which takes minutes.
        max_steps: End after so many steps, if the minutes are not spent before.
    """

    minutes: float
    learning_rate: float = 1e-3
    warmup_steps: int = 20
    batch_size: int = 64
    n_triples: int = 40
    checkpoint_s: float = 180.0
    evaluate_every: int = 4
    log_steps: int = 20
    device: str = "cpu"
    is_compiled: bool = False
    max_steps: int | None = None

    def rate_at(self, step: int, elapsed_s: float) -> float:
        """Return the learning rate: linear warm-up, then half a cosine."""
        falling = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, elapsed_s / (60 * self.minutes))))
        return self.learning_rate * falling * min(1.0, (step + 1) / self.warmup_steps)


@dataclass
class Progress:
    """Where a training stands: steps made, tokens read and seconds spent."""

    step: int = 0
    n_tokens: int = 0
    elapsed_s: float = 0.0


class Encoder:
    """Token ids to unnormalised embeddings under the model that is trained."""

    def __init__(self, model: Qwen3Model, tokenizer: Tokenizer, device: str, *, is_compiled: bool = False) -> None:
        """Keep all; the tokenizer appends the end token. Compiling takes minutes and pays in long trainings."""
        self.model, self.tokenizer, self.device = model, tokenizer, device
        self.n_tokens = 0
        self.forward = torch.compile(last_token, dynamic=True) if is_compiled else last_token

    def __call__(self, texts: list[str], max_length: int) -> torch.Tensor:
        """Return ``[n, 256]`` in the order of the texts, computed in groups of like length."""
        heads = [text[: _CHARS_A_TOKEN * max_length] for text in texts]
        sequences = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(heads)]
        sequences = [ids if len(ids) <= max_length else [*ids[: max_length - 1], ids[-1]] for ids in sequences]
        self.n_tokens += sum(map(len, sequences))
        order = sorted(range(len(texts)), key=lambda row: len(sequences[row]))
        parts = []
        for group in _groups(order, sequences):
            lengths = torch.tensor([len(sequences[row]) for row in group])
            ids = torch.zeros((len(group), int(lengths.max())), dtype=torch.long)
            for place, row in enumerate(group):
                ids[place, : lengths[place]] = torch.tensor(sequences[row])
            parts.append(self.forward(self.model, ids.to(self.device), lengths.to(self.device)))
        return torch.cat(parts)[torch.argsort(torch.tensor(order)).to(self.device)]


def _groups(order: list[int], sequences: list[list[int]]) -> list[list[int]]:
    groups: list[list[int]] = [[]]
    for row in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(sequences[row]) > _BATCH_TOKENS:
            groups.append([])
        groups[-1].append(row)
    return groups


@dataclass(frozen=True)
class Start:
    """What a training starts from.

    Attributes:
        model: As `model.build_model` makes it.
        tokenizer: The model's, with the end token.
        vectors: ``[vocab, 256]``, the token vectors it began from; similarities of plain texts stay near theirs.
    """

    model: Qwen3Model
    tokenizer: Tokenizer
    vectors: torch.Tensor


def train(
    start: Start,
    sampler: PairSampler,
    checkpoint: Path,
    options: TrainingOptions,
    dev_evaluator: Callable[[], dict[str, float]] | None = None,
) -> None:
    """Train in place until the minutes are spent, from ``checkpoint`` on where it exists.

    Args:
        start: Model, tokenizer and token vectors.
        sampler: Where the pairs come from.
        checkpoint: Weights, optimizer state and progress, written every few minutes.
        options: How long and how fast.
        dev_evaluator: Called after each checkpoint; its figures are logged.
    """
    model = start.model
    model.to(options.device).train()
    encoder = Encoder(model, start.tokenizer, options.device, is_compiled=options.is_compiled)
    bags = BagOfTokens(Tokenizer.from_str(start.tokenizer.to_str()))
    optimizer = _optimizer(model)
    at = _resume(model, optimizer, checkpoint, options.device)
    saved_s, n_saved, first = at.elapsed_s, 0, at.step
    losses: dict[str, list[float]] = defaultdict(list)
    for batch in sampler.batches(options.batch_size, seed=1000 + at.step):
        began = time.monotonic()
        _set_rate(optimizer, options.rate_at(at.step - first, at.elapsed_s))
        contrast, keep = _losses(encoder, bags, start.vectors, batch, _cut(at.step))
        triples = sampler.triples(options.n_triples, random.Random(at.step))  # noqa: S311 - no secret
        meaning, _ = _losses(encoder, bags, start.vectors, triples, _SHORT_CUT)
        optimizer.zero_grad(set_to_none=True)
        (contrast + _KEEP_WEIGHT * keep + _TRIPLE_WEIGHT * meaning).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses[batch.kind].append(contrast.item())
        losses["keep"].append(keep.item())
        losses["triple"].append(meaning.item())
        at.step, at.elapsed_s = at.step + 1, at.elapsed_s + time.monotonic() - began
        at.n_tokens, encoder.n_tokens = at.n_tokens + encoder.n_tokens, 0
        if at.step % options.log_steps == 0:
            shown = {kind: round(float(np.mean(values)), 3) for kind, values in sorted(losses.items())}
            logger.info("step %d, %.0f s, %.2f M tokens: %s", at.step, at.elapsed_s, at.n_tokens / 1e6, shown)
            losses.clear()
        is_over = at.elapsed_s >= 60 * options.minutes or at.step == options.max_steps
        if is_over or at.elapsed_s - saved_s > options.checkpoint_s:
            saved_s = at.elapsed_s
            _save(model, optimizer, at, checkpoint)
            n_saved += 1
            if dev_evaluator is not None and (is_over or n_saved % options.evaluate_every == 0):
                logger.info("development at step %d: %s", at.step, dev_evaluator())
        if is_over:
            return


def _cut(step: int) -> int:
    return _LONG_CUT if step % _LONG_EVERY == 0 else _SHORT_CUT


def _losses(
    encoder: Encoder, bags: BagOfTokens, start: torch.Tensor, batch: PairBatch, max_length: int
) -> tuple[torch.Tensor, torch.Tensor]:
    n = len(batch.left)
    found = encoder([*batch.left, *batch.right, *batch.wrong], max_length)
    if batch.teacher is not None and batch.teacher_right is not None:
        teacher = tuple(torch.from_numpy(rows).to(found.device) for rows in (batch.teacher, batch.teacher_right))
        contrast = contrastive_loss(found[:n], found[n:], teacher[1], symmetric=False)
        return contrast, pair_distillation_loss((found[:n], found[n:]), teacher) / _KEEP_WEIGHT
    if batch.teacher is not None:
        return distillation_loss(found, torch.from_numpy(batch.teacher).to(found.device)), found.new_zeros(())
    plain = [text.rpartition("\nQuery:")[2][:_KEEP_CHARS] for text in (*batch.left, *batch.right)]
    before = normalize(bags.encode(start, plain), dim=-1).to(found.device)
    wrong = found[2 * n :] if batch.wrong else None
    same_texts = torch.zeros_like(before[n:]) if batch.wrong else before[n:]
    contrast = contrastive_loss(found[:n], found[n : 2 * n], same_texts, wrong, symmetric=batch.is_symmetric)
    keep = found.new_zeros(()) if batch.wrong else similarity_divergence(found, before, n)
    return contrast, keep


def _optimizer(model: Qwen3Model) -> torch.optim.AdamW:
    """Return AdamW; token vectors learn at a smaller rate, and they and the norms without decay."""
    matrices = [parameter for parameter in model.layers.parameters() if parameter.ndim > 1]
    norms = [parameter for parameter in model.parameters() if parameter.ndim == 1]
    groups = [
        {"params": matrices, "weight_decay": 0.01, "share": 1.0},
        {"params": norms, "weight_decay": 0.0, "share": 1.0},
        {"params": [model.embed_tokens.weight], "weight_decay": 0.0, "share": _TOKEN_VECTORS_SHARE},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)


def _set_rate(optimizer: torch.optim.AdamW, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]


def _save(model: Qwen3Model, optimizer: torch.optim.AdamW, at: Progress, checkpoint: Path) -> None:
    partial = checkpoint.with_suffix(".partial")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "progress": asdict(at)}, partial)
    partial.replace(checkpoint)


def _resume(model: Qwen3Model, optimizer: torch.optim.AdamW, checkpoint: Path, device: str) -> Progress:
    if not checkpoint.exists():
        return Progress()
    state = torch.load(checkpoint, weights_only=True, map_location=device)
    model.load_state_dict(state["model"])
    if len(state["optimizer"]["param_groups"]) == len(optimizer.param_groups):
        optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])
