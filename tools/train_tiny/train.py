"""Trains the model on a bundle: ``python -m tools.train_tiny.train BUNDLE --out FOLDER --minutes 40``.

Everything is computed where it runs: the teacher's vectors, hard negatives, the training. No network is used and no
tokenizer: numpy, torch, transformers, tokenizers and safetensors are enough. It may be stopped at any moment: the same
command goes on from the last checkpoint in ``--out``. On a CPU two processes of a thread each are faster than two
threads: ``torchrun --nproc-per-node 2 -m tools.train_tiny.train BUNDLE ...`` draws other texts in each and averages the
gradients.
"""

from __future__ import annotations

import argparse
import json
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file

from . import architecture
from .bundle_files import Bundle
from .muon import Muon
from .prepare import Prepared, prepared
from .processes import Processes
from .step_losses import step_losses, weighted
from .steps import Sizes, Step, StepSampler
from .token_store import Model, TokenStore

_LEAST_RATE, _WARMUP_STEPS = 0.01, 60
_LOG_STEPS = 20
_VECTOR_RATE = 2.5  # of the token vectors, in their root mean square: rare tokens have few steps to move in


@dataclass(frozen=True)
class Options:
    """How long, how fast, where.

    Attributes:
        minutes: Minutes of training after the preparation; the learning rate falls to a hundredth over them.
        device: Such as ``cpu`` or ``cuda``.
        out: Folder of the checkpoint and, at the end, of the weights.
        dtype: What products are computed in; weights and optimizer are float32.
        learning_rate: Of AdamW, which trains token vectors and norms; Muon's steps are as large.
        share: Of a step's pairs: 1 is some 10,000 texts, for a GPU.
        group_tokens: Padded tokens of one pass.
        max_steps: End after so many steps, if the minutes are not spent before.
        checkpoint_s: Seconds between checkpoints.
        is_compiled: Compile the forward pass and its gradient, for a CPU: some 20 s of start, a fifth more tokens.
    """

    minutes: float
    device: str
    out: Path
    dtype: torch.dtype = torch.float32
    learning_rate: float = 2e-3
    share: float = 1.0
    group_tokens: int = 1 << 17
    max_steps: int | None = None
    checkpoint_s: float = 120.0
    is_compiled: bool = False


@dataclass
class Progress:
    """Where a training stands: steps made, tokens read and seconds spent."""

    step: int = 0
    n_tokens: int = 0
    elapsed_s: float = 0.0


class Training:
    """Weights, optimizers and progress, with a checkpoint in the options' folder."""

    def __init__(self, bundle: Bundle, options: Options) -> None:
        """Begin, or go on from the checkpoint."""
        started = {name: tensor.to(options.device, torch.float32) for name, tensor in bundle.start.items()}
        self.weights = {name: tensor.requires_grad_() for name, tensor in started.items()}
        self.optimizers = _optimizers(self.weights, options.learning_rate)
        self.at, self.options = Progress(), options
        self.last_token = architecture.last_token
        if options.is_compiled:
            self.last_token = torch.compile(self.last_token, dynamic=True)
        self.checkpoint = options.out / "checkpoint.pt"
        options.out.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            state = torch.load(self.checkpoint, weights_only=True, map_location=options.device)
            with torch.no_grad():
                for name, tensor in state["weights"].items():
                    self.weights[name].copy_(tensor)
            for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            self.at = Progress(**state["progress"])

    def save(self) -> None:
        """Write the checkpoint; the one before stays until this one is whole."""
        partly = self.checkpoint.with_suffix(".partial")
        state = {
            "weights": {name: tensor.detach() for name, tensor in self.weights.items()},
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": vars(self.at),
        }
        torch.save(state, partly)
        partly.replace(self.checkpoint)

    def model(self) -> Model:
        """Return the model under the weights, the layers' converted once for all groups of a step."""
        converted = {
            name: tensor if name in {"embed_tokens.weight", "norm.weight"} else tensor.to(self.options.dtype)
            for name, tensor in self.weights.items()
        }
        return Model(converted["embed_tokens.weight"], self.options.dtype, partial(self.last_token, converted))

    def set_rates(self) -> float:
        """Warm up, hold for a tenth of the time, fall along half a cosine; return the share of the time spent."""
        spent = self.at.elapsed_s / (60 * self.options.minutes)
        falling = 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, (spent - 0.1) / 0.9))))
        share = max(_LEAST_RATE, falling) * min(1.0, (self.at.step + 1) / _WARMUP_STEPS)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.options.learning_rate * share * group["rate"]
        return spent


def train(bundle: Bundle, options: Options, report: Callable[[str], None] = print) -> dict[str, torch.Tensor]:
    """Train, write the weights below ``out`` and return them; a log line every 20 steps.

    Args:
        bundle: See `bundle.write_bundle`.
        options: How long, how fast, where.
        report: Takes the log's lines.
    """
    known = bundle.instructions
    store = TokenStore(bundle.tokens, known.ids, known.end_token, options.device)
    processes = Processes.started()
    with processes.first_alone():
        ready = prepared(bundle, store, options.dtype, options.out / "prepared.pt")
    sampler = StepSampler(bundle, ready.negatives, Sizes().scaled(options.share))
    training = Training(bundle, options)
    at, saved_s = training.at, training.at.elapsed_s
    for step in _ahead(sampler, seed=1 + at.step * processes.count + processes.rank):
        began = time.monotonic()
        spent = training.set_rates()
        losses, n_tokens = _step(training, store, step, ready, processes)
        at.step, at.n_tokens = at.step + 1, at.n_tokens + n_tokens * processes.count
        is_over = spent >= 1 or at.step == options.max_steps
        if processes.is_first and (at.step % _LOG_STEPS == 0 or is_over):
            shown = json.dumps({kind: round(loss.item(), 3) for kind, loss in losses.items()})
            report(f"step {at.step}, {100 * spent:.0f}%, {at.n_tokens / 1e6:.1f} M tokens: {shown}")
        at.elapsed_s = processes.largest(at.elapsed_s + time.monotonic() - began)
        if is_over or at.elapsed_s - saved_s > options.checkpoint_s:
            saved_s = at.elapsed_s
            with processes.first_alone():
                if processes.is_first:
                    training.save()
        if is_over:
            break
    if processes.is_first:
        save_weights(training.weights, options.out)
    return training.weights


def _step(
    training: Training, store: TokenStore, step: Step, ready: Prepared, processes: Processes
) -> tuple[dict[str, torch.Tensor], int]:
    numbers, prefixes = step.texts()
    found, n_tokens = store.embed(training.model(), numbers, prefixes, training.options.group_tokens)
    losses = step_losses(found, step, numbers, ready.teacher_vectors, ready.wanted)
    for optimizer in training.optimizers:
        optimizer.zero_grad(set_to_none=True)
    weighted(losses).backward()
    processes.average(training.weights.values())
    torch.nn.utils.clip_grad_norm_(training.weights.values(), 1.0, foreach=True)
    for optimizer in training.optimizers:
        optimizer.step()
    return losses, n_tokens


def save_weights(weights: dict[str, torch.Tensor], folder: Path) -> None:
    """Write token vectors and layers as float16, a file each."""
    half = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in weights.items()}
    vectors = {"embed_tokens.weight": half.pop("embed_tokens.weight")}
    for name, tensors in (("vectors", vectors), ("layers", half)):
        partly = folder / f"{name}.partial"
        save_file(tensors, partly)
        partly.replace(folder / f"{name}.safetensors")


def _optimizers(weights: dict[str, torch.Tensor], rate: float) -> list[torch.optim.Optimizer]:
    matrices = [t for name, t in weights.items() if t.ndim == 2 and name != "embed_tokens.weight"]  # noqa: PLR2004
    vectors = weights["embed_tokens.weight"]
    groups = [
        {"params": [t for t in weights.values() if t.ndim == 1], "rate": 1.0},
        {"params": [vectors], "rate": _VECTOR_RATE * vectors.detach().square().mean().sqrt().item()},
    ]
    adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    return [Muon(matrices, rate), adam]


def _ahead(sampler: StepSampler, seed: int, depth: int = 8) -> Iterator[Step]:
    """Yield steps drawn by a thread, some ahead."""
    waiting: queue.Queue[Step] = queue.Queue(depth)

    def draw() -> None:
        for step in sampler.steps(seed):
            waiting.put(step)

    threading.Thread(target=draw, daemon=True).start()
    while True:
        yield waiting.get()


def main() -> None:
    """Train by the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="folder that `python -m tools.train_tiny bundle` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and weights")
    parser.add_argument("--minutes", type=float, required=True, help="minutes of training after the preparation")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--share", type=float, default=1.0, help="of a step's pairs; 0.025 suits two CPU cores")
    parser.add_argument("--group-tokens", type=int, default=1 << 17, help="padded tokens of one pass")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--compile", action="store_true", dest="is_compiled", help="for a CPU: a fifth more tokens")
    chosen = vars(parser.parse_args())
    bundle = Bundle(chosen.pop("bundle"))
    options = Options(**chosen | {"dtype": getattr(torch, chosen["dtype"])})
    train(bundle, options, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
