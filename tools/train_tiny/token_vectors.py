"""Trains the token vectors alone: a text is the mean of its tokens' vectors, weighed by place.

This sees some hundred times as many texts a second as the whole model does, so that new kinds of
text and new languages are learnt here. It starts from the vectors of an earlier model and stays near
what that model says of two texts' similarity (`_KEEP_WEIGHT`).
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn.functional import embedding_bag, normalize

from .losses import contrastive_loss, similarity_divergence
from .pair_sampler import PairBatch, PairSampler
from .position_weights import token_weights

logger = logging.getLogger(__name__)

_MAX_TOKENS = 384
_VECTOR_LENGTH = 3.0
_KEEP_WEIGHT = 0.5
_AVERAGED_EVERY = 10
_LOG_STEPS = 100
_SAVE_S = 120.0


class BagOfTokens:
    """Encodes texts under a table of token vectors ``[vocab, 256]``."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Keep the tokenizer, which cuts texts to 384 tokens."""
        self.tokenizer = tokenizer
        tokenizer.enable_truncation(_MAX_TOKENS)

    def token_ids(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return each text's token ids without the end token."""
        encodings = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.array(encoding.ids or [0]) for encoding in encodings]

    def encode(self, table: torch.Tensor, texts: Sequence[str]) -> torch.Tensor:
        """Return ``[n, 256]``, not normalised."""
        chosen = self.token_ids(texts)
        starts = torch.from_numpy(np.cumsum([0, *(len(ids) for ids in chosen[:-1])]))
        weights = torch.from_numpy(np.concatenate([token_weights(len(ids)) for ids in chosen]))
        return embedding_bag(
            torch.from_numpy(np.concatenate(chosen)), table, starts, mode="sum", per_sample_weights=weights
        )


def start_vectors(model: Path) -> torch.Tensor:
    """Return the token vectors ``[vocab, 256]`` of an earlier model's folder, the last number of each 0."""
    vectors = load_file(model / "model.safetensors")["embed_tokens.weight"].float()
    vectors[:, -1] = 0.0
    return vectors * (_VECTOR_LENGTH / vectors.norm(dim=-1).mean())


@dataclass(frozen=True)
class BagOptions:
    """How long and how fast to train token vectors: minutes, pairs a step, and Adam's rate at its peak."""

    minutes: float
    batch_size: int = 512
    learning_rate: float = 3e-3


def train_token_vectors(  # noqa: PLR0913, PLR0917 - what it starts from, reads, writes and is evaluated by
    start: torch.Tensor,
    bags: BagOfTokens,
    sampler: PairSampler,
    target: Path,
    options: BagOptions,
    dev_evaluator: Callable[[torch.Tensor], dict[str, float]] | None = None,
) -> torch.Tensor:
    """Return the running mean of the vectors over a training of so many minutes, also kept in ``target``."""
    minutes, learning_rate = options.minutes, options.learning_rate
    table = torch.nn.Parameter(start.clone())
    average, n_averaged = start.clone(), 0
    optimizer = torch.optim.Adam([table], lr=learning_rate, betas=(0.9, 0.98), fused=True)
    began = saved = time.monotonic()
    losses: dict[str, list[float]] = defaultdict(list)
    for step, batch in enumerate(sampler.batches(options.batch_size, seed=1)):
        spent = (time.monotonic() - began) / (60 * minutes)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * max(0.05, 1 - spent) * min(1.0, (step + 1) / 50)
        optimizer.zero_grad(set_to_none=True)
        loss, keep = _losses(table, start, bags, batch)
        (loss + _KEEP_WEIGHT * keep).backward()
        table.grad[:, -1] = 0.0
        optimizer.step()
        losses[batch.kind].append(loss.item())
        losses["keep"].append(keep.item())
        if spent > 0.4 and step % _AVERAGED_EVERY == 0:  # noqa: PLR2004 - the first part moves too much
            n_averaged += 1
            average.lerp_(table.detach(), 1 / n_averaged)
        if step % _LOG_STEPS == _LOG_STEPS - 1:
            shown = {kind: round(float(np.mean(values)), 3) for kind, values in sorted(losses.items())}
            logger.info("bag step %d, %.0f%%: %s", step + 1, 100 * spent, shown)
            losses.clear()
        if time.monotonic() - saved > _SAVE_S or spent >= 1:
            saved = time.monotonic()
            best = average if n_averaged else table.detach()
            save_file({"token_vectors": best.contiguous()}, target.with_suffix(".partial"))
            target.with_suffix(".partial").replace(target)
            if dev_evaluator is not None:
                logger.info("bag development %s", dev_evaluator(best))
        if spent >= 1:
            break
    return average


def _losses(
    table: torch.Tensor, start: torch.Tensor, bags: BagOfTokens, batch: PairBatch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the contrastive loss and how far similarities of the plain texts went from the start's."""
    n = len(batch.left)
    found = bags.encode(table, [*batch.left, *batch.right])
    with torch.no_grad():
        plain = [text.rpartition("\nQuery:")[2] for text in (*batch.left, *batch.right)]
        before = normalize(bags.encode(start, plain), dim=-1)
    contrast = contrastive_loss(found[:n], found[n:], before[n:], symmetric=batch.is_symmetric)
    return contrast, similarity_divergence(found, before, n)
