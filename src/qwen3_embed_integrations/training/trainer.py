"""Run the steps: sentence-transformers' trainer, configured by TrainingOptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.sampler import BatchSamplers
from torch.utils.tensorboard import SummaryWriter
from transformers import EarlyStoppingCallback, PrinterCallback
from transformers.integrations.integration_utils import TensorBoardCallback

from .dataset import datasets_of
from .dev_evaluator import BEST, DevEvaluator
from .losses import build_loss
from .memory import out_of_memory
from .model import reading_at_most
from .options import CONTRASTIVE, TrainingOptions
from .plan import TrainingPlan
from .progress import ProgressBar
from .run_directory import RunDirectory
from .split import Split


class _Trainer(SentenceTransformerTrainer):
    """The trainer without sentence-transformers' model card, which quotes training records."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Do nothing."""


def fit(model: SentenceTransformer, made: TrainingPlan, split: Split, work: RunDirectory) -> int:
    """Train `model` in place, from the last checkpoint if there is one, and return the number of steps.

    With a dev set, the best checkpoint is loaded at the end.

    Raises:
        TrainingError: If memory runs out; the message says what to lower.
    """
    options, prompting = made.options, made.prompting
    resume_from = work.last_checkpoint()
    data, prompts = datasets_of(split.train, options, prompting)
    arguments = _arguments(model, split, made, prompts, work.checkpoints)
    evaluator = DevEvaluator(split.dataset(0), prompting, made.schedule.batch_size) if split.dev else None
    writer = SummaryWriter(str(work.folder / "runs"))
    callbacks = [ProgressBar(), TensorBoardCallback(writer)]  # type: ignore[no-untyped-call] # transformers'
    if split.dev and options.patience:
        callbacks.append(EarlyStoppingCallback(options.patience))
    if options.gradient_checkpointing:
        _enable_checkpointing(model)
    loss = build_loss(model, options)
    trainer = _Trainer(model, arguments, data, loss=loss, evaluator=evaluator, callbacks=callbacks)
    trainer.remove_callback(PrinterCallback)  # prints every log; the progress bar shows them
    try:
        with reading_at_most(model, options.max_tokens):
            trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
    except (RuntimeError, MemoryError) as error:
        if refusal := out_of_memory(error):
            raise refusal from error
        raise
    return int(trainer.state.global_step)


def _enable_checkpointing(model: SentenceTransformer) -> None:
    """Keep only the activations between layers; transformers 5.23 renamed the method."""
    network: Any = model.transformers_model
    enable = getattr(network, "activation_checkpointing_enable", None) or network.gradient_checkpointing_enable
    enable({"use_reentrant": False})


def _arguments(
    model: SentenceTransformer,
    split: Split,
    made: TrainingPlan,
    prompts: dict[str, dict[str, str]],
    checkpoints: Path,
) -> SentenceTransformerTrainingArguments:
    options, schedule = made.options, made.schedule
    every = max(1, schedule.n_steps(_n_examples(split, options)) // options.evaluations)
    return SentenceTransformerTrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=schedule.epochs,
        per_device_train_batch_size=schedule.batch_size,
        learning_rate=schedule.learning_rate,
        learning_rate_mapping={"embed_tokens": options.embedding_learning_rate or schedule.learning_rate},
        warmup_steps=options.warmup,  # below 1: a share of the steps
        bf16=options.bf16,
        prompts=prompts,
        batch_sampler=BatchSamplers.NO_DUPLICATES if options.loss in CONTRASTIVE else BatchSamplers.BATCH_SAMPLER,
        eval_strategy="steps" if split.dev else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=bool(split.dev),
        metric_for_best_model=f"eval_{BEST}" if split.dev else None,
        logging_steps=max(1, every // 5),
        report_to=[],
        use_cpu=model.device.type == "cpu",
        dataloader_pin_memory=model.device.type == "cuda",
        disable_tqdm=True,
        seed=options.seed,
        data_seed=options.seed,
    )


def _n_examples(split: Split, options: TrainingOptions) -> int:
    """Return the number of records, or for the triplet loss of triplets."""
    if options.loss == "triplet":
        return sum(len(example.negatives) for example in split.train)
    return len(split.train)
