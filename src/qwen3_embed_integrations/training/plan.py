"""Read and check everything that can be checked before any weights are loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from qwen3_embed_integrations import DataFileError, EncoderConfig
from qwen3_embed_integrations.backends.torch.device import choose_device
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint
from qwen3_embed_integrations.checkpoints.safetensors_index import n_parameters

from .data import Example, read_examples
from .distillation import check_teacher
from .losses import check_dimensions
from .memory import check_memory
from .model import check_lora, open_base
from .options import DISTILLING, TrainingOptions
from .prompting import Prompting
from .run_directory import check_output
from .schedule import Schedule
from .split import Split, read_dev, split_by_group


@dataclass(frozen=True)
class TrainingPlan:
    """A fine-tuning whose options, records and checkpoint have been checked.

    Attributes:
        config: The model to start from, its task and device.
        options: All training options.
        split: Training and dev records.
        base: The checkpoint to start from.
        prompting: The prompts of queries and documents.
        device: Where it runs.
        schedule: Epochs, batch size and learning rate.
    """

    config: EncoderConfig
    options: TrainingOptions
    split: Split
    base: Checkpoint
    prompting: Prompting
    device: torch.device
    schedule: Schedule

    def fingerprint(self) -> dict[str, Any]:
        """Return what decides the result, as JSON types."""
        return {
            **self.options.decisive(),
            **asdict(self.schedule),
            "model": f"{self.base.model_info.model} {self.base.model_info.weights}",
            "prompts": self.prompting.stored(),
            "records": _digest(self.split.train),
            "dev records": _digest(self.split.dev),
        }


def plan_training(config: EncoderConfig, options: TrainingOptions) -> TrainingPlan:
    """Read and check everything; loads no weights, writes nothing.

    Raises:
        Qwen3EmbedError: If the training can't start; the message names the record or option and the remedy.
    """
    check_output(options.output)
    examples = read_examples(options.data)
    if options.dev:
        split = read_dev(options.dev, examples)
    else:
        split = split_by_group(examples, options.dev_share, options.seed)
    prompting = Prompting.of(config, [*split.train, *split.dev])
    base = open_base(config)
    check_dimensions(options, base.model_info.hidden_size)
    check_lora(base, options)
    _check_records(split, config, options, base)
    device = choose_device(config.device)
    check_memory(base, options, device)
    schedule = Schedule.of(options, len(split.train), n_parameters(base.folder))
    return TrainingPlan(config, options, split, base, prompting, device, schedule)


def _check_records(split: Split, config: EncoderConfig, options: TrainingOptions, base: Checkpoint) -> None:
    if options.loss in DISTILLING:
        check_teacher(split.train, config, options, base.model_info.hidden_size)
    if options.loss == "triplet" and not (split.train[0].negatives or options.mine_negatives):
        raise DataFileError(
            f"loss='triplet' needs a negative, and {split.train[0].place} has none. "
            "Add the column negative, or set mine_negatives."
        )


def _digest(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr(asdict(example)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]
