"""Qwen3MTEBModel: an encoder behind the interface of mteb's models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mteb
from mteb.models import ModelMeta
from mteb.models.abs_encoder import AbsEncoder

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.encoder_options import EncoderKeywords
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.encoder import Qwen3Encoder, load_encoder

from .instructions import instruction_of

if TYPE_CHECKING:
    from mteb.abstasks.task_metadata import TaskMetadata
    from mteb.types import PromptType

_MOVING = ("dimension", "max_length", "pooling")  # options that move embeddings and are no part of a model's name
_IGNORED = ("batch_size", "show_progress_bar")  # of mteb's encode_kwargs: packing has no batch size in texts


class Qwen3MTEBModel(AbsEncoder):
    """Run mteb's tasks with an encoder; each task has its own instruction.

    Example:
        >>> model = Qwen3MTEBModel("tiny", dimension=128)
        >>> model.mteb_model_meta.name
        'qwen3-embed-integrations/tiny'

    Args:
        model_name: A model's name, as in `EncoderConfig`.
        revision: Branch, tag or commit of a hub model.
        device: As in `EncoderConfig`; None: "auto".
        **options: As in `EncoderConfig`. `task` is refused, because each task brings its own.

    Raises:
        ConfigError: An unknown or unfit option.
    """

    def __init__(
        self,
        model_name: str = "0.6B",
        revision: str | None = None,
        *,
        device: str | None = None,
        **options: Any,  # EncoderKeywords, without the three that mteb's protocol names
    ) -> None:
        if options.get("task") is not None:
            raise ConfigError("Found task=…, expected none: each of mteb's tasks has its own instruction.")
        named: EncoderKeywords = {"model": model_name, "revision": revision}
        if device is not None:
            named["device"] = device
        self.encoder: Qwen3Encoder = load_encoder(**named, **options)
        self.mteb_model_meta = _model_meta(self.encoder)

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: TaskMetadata,
        hf_split: str,
        hf_subset: str,
        prompt_type: PromptType | None = None,
        **kwargs: Any,
    ) -> FloatArray:
        """Return the embeddings of a task's texts.

        Args:
            inputs: Batches whose "text" holds the texts.
            task_metadata: Decides the instruction.
            hf_split: Not used.
            hf_subset: Not used.
            prompt_type: Query or document; None where all texts are alike.
            **kwargs: mteb's encode_kwargs. `batch_size` and `show_progress_bar` change nothing.

        Returns:
            `[n, dimension]` float32, unit length.

        Raises:
            ConfigError: An argument of `encode_kwargs` that this encoder has not.
        """
        del hf_split, hf_subset
        _check(kwargs)
        side: Any = None if prompt_type is None else prompt_type.value
        prompt: Any = task_metadata.prompt
        instruction = instruction_of(task_metadata.name, task_metadata.type, side, prompt)
        texts = [text for batch in inputs for text in batch["text"]]
        if instruction is None:
            return self.encoder.encode_document(texts)
        return self.encoder.encode_query(texts, task=instruction)


def _check(kwargs: dict[str, Any]) -> None:
    if (precision := kwargs.pop("precision", None)) not in {None, "float32"}:
        raise ConfigError(f'Found precision={precision!r} in encode_kwargs, expected "float32" or none.')
    if unknown := sorted(kwargs.keys() - set(_IGNORED)):
        raise ConfigError(f"Found {', '.join(unknown)} in encode_kwargs, expected none but {', '.join(_IGNORED)}.")


def _model_meta(encoder: Qwen3Encoder) -> ModelMeta:
    """Return what mteb files the results under: a published model's own entry, or one made here.

    Options that move the embeddings are added, so that results of another dimension are other results.
    """
    config, default = encoder.config, EncoderConfig()
    moved = [name for name in _MOVING if getattr(config, name) != getattr(default, name)]
    experiment = {name: getattr(config, name) for name in moved} or None
    try:
        known = mteb.get_model_meta(config.model)
    except KeyError:
        return _own_meta(encoder, experiment)
    return known.model_copy(update={"loader": Qwen3MTEBModel, "experiment_kwargs": experiment})


def _own_meta(encoder: Qwen3Encoder, experiment: dict[str, Any] | None) -> ModelMeta:
    info = encoder.model_info
    name = encoder.config.model
    return ModelMeta(
        loader=Qwen3MTEBModel,
        name=name
        if name.count("/") == 1 and not Path(name).exists()
        else f"qwen3-embed-integrations/{Path(name).name}",
        revision=info.revision or info.weights,
        release_date=None,
        languages=None,
        n_parameters=None,
        memory_usage_mb=None,
        max_tokens=info.context_length,
        embed_dim=encoder.dimension,
        license=None,
        open_weights=None,
        public_training_code=None,
        public_training_data=None,
        framework=["PyTorch"],
        similarity_fn_name="cosine",
        use_instructions=True,
        training_datasets=None,
        experiment_kwargs=experiment,
    )
