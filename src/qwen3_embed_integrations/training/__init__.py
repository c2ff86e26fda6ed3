"""Fine-tune a Qwen3-Embedding model on a user's own texts, with sentence-transformers' trainer.

`qwen3-embed train` is the command, docs/fine-tuning.md the page. Importing this package loads no torch.

options        TrainingOptions: every option, declared once
run            the whole run: plan, evaluate, train, evaluate, publish
plan           TrainingPlan: everything that is checked before any weights are loaded
schedule       epochs, batch size and learning rate
data           Example: one training record; reads and checks the files
split          training and dev records without a shared document, query or group
prompting      the instructions of each task's queries, and those the finished model stores
memory         whether weights, gradients and optimiser state fit
model          checkpoint → SentenceTransformer; LoRA
negatives      mines hard negatives
distillation   a teacher's vectors
dataset        records → the datasets of the trainer
losses         options → the loss
trainer        the steps
dev_evaluator  metrics of the dev set during the run
progress       the progress bar
export         the finished model as a sentence-transformers folder
card           its model card
run_directory  the state of an unfinished run; the finished folder appears in one rename
report         TrainingReport: what `train` returns
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra

from .options import TrainingOptions
from .report import TrainingReport

__all__ = ["TrainingOptions", "TrainingReport", "train"]

_NEEDED = {
    "torch": "torch",
    "sentence_transformers": "sentence-transformers",
    "datasets": "datasets",
    "accelerate": "accelerate",
    "peft": "peft",
    "tensorboard": "tensorboard",
    "matplotlib": "matplotlib",
}


def train(config: EncoderConfig | None = None, options: TrainingOptions | None = None, **values: Any) -> TrainingReport:
    """Fine-tune `config.model` on the records of `options.data` and write a model folder that every integration loads.

    The folder appears in one step, when all of it is written. A run that was interrupted or killed resumes from its
    last checkpoint when the same call is made again.

    Args:
        config: The model to start from, its task and device.
        options: All training options; or give them as keywords.
        **values: As in `TrainingOptions`; they override `options`.

    Returns:
        The metrics before and after, and the path of the model folder.

    Raises:
        DataFileError: If records are malformed; the message names the lines. Nothing was computed.
        ConfigError: If an option doesn't fit the model. Nothing was computed.
        TrainingError: If the output exists, memory is too small, or an interrupted run of the same output had other
            options.
        MissingExtraError: If a package of the extra "train" is not installed.
    """
    if options is None or values:
        kept = {} if options is None else {name: getattr(options, name) for name in options.model_fields_set}
        options = TrainingOptions(**{**kept, **values})
    for module, package in _NEEDED.items():
        if find_spec(module) is None:
            raise missing_extra(package, "train")
    from .run import run

    return run(config or EncoderConfig(), options)
