"""Fine-tuning: a Qwen3-Embedding model adapted to a user's own texts, over sentence-transformers' trainer.

`qwen3-embed train` is its command; `docs/fine-tuning.md` its page. Importing it loads no torch.
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
    """Fine-tunes `config.model` on the records of `options.data` and writes a folder that every integration loads.

    The folder appears in one step, when all of it is written. A run that was interrupted or killed goes on from its
    last checkpoint when the same call is made again.

    Args:
        config: The model to start from, its task and device.
        options: All training options; or give them as keywords.
        **values: As in `TrainingOptions`; they override `options`.

    Returns:
        The figures before and after, and where the model is.

    Raises:
        DataFileError: Malformed records; the message names the lines. Nothing was computed.
        ConfigError: Options that don't fit the model. Nothing was computed.
        TrainingError: The output exists, memory doesn't suffice, or an interrupted run was begun differently.
        MissingExtraError: A package of the extra "train" is not installed.
    """
    if options is None or values:
        kept = {} if options is None else {name: getattr(options, name) for name in options.model_fields_set}
        options = TrainingOptions(**{**kept, **values})
    for module, package in _NEEDED.items():
        if find_spec(module) is None:
            raise missing_extra(package, "train")
    from .run import run

    return run(config or EncoderConfig(), options)
