"""Load a checkpoint as a SentenceTransformer that tokenises, pools and prompts exactly as Qwen3Encoder does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers.processors import TemplateProcessing

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, open_checkpoint
from qwen3_embed_integrations.checkpoints.safetensors_index import tensor_shapes
from qwen3_embed_integrations.core.errors import CheckpointError, ConfigError
from qwen3_embed_integrations.core.prompts import END_TOKEN

from .options import TrainingOptions
from .prompting import Prompting


def open_base(config: EncoderConfig) -> Checkpoint:
    """Open the checkpoint of the model to start from; loads no weights.

    Raises:
        ConfigError: If the model runs on a server or is a LoRA adapter, neither of which can be trained further.
        CheckpointError: If the folder is corrupt or of another architecture.
        ModelNotFoundError: If there is no such folder or model.
        HubUnavailableError: If the hub can't be reached and the model is not in the cache.
    """
    if config.backend != "torch":
        raise ConfigError(f'backend={config.backend!r} can\'t train. Train with backend="torch" and serve the result.')
    checkpoint = open_checkpoint(config)
    if checkpoint.adapter:
        raise ConfigError(
            f"{config.model!r} is a LoRA adapter. Train its base model, or merge it first (train without keep_adapter)."
        )
    return checkpoint


def load_model(checkpoint: Checkpoint, prompting: Prompting, device: torch.device) -> SentenceTransformer:
    """Load a checkpoint in float32, with its pooling, the run's prompts and an end token on every text."""
    transformer = Transformer(str(checkpoint.folder), model_kwargs={"dtype": torch.float32})
    _ensure_end_token(transformer, checkpoint)
    modules = [transformer, Pooling(checkpoint.model_info.hidden_size, checkpoint.model_info.pooling), Normalize()]
    model = SentenceTransformer(modules=modules, prompts=prompting.stored(), device=str(device))
    model.max_seq_length = checkpoint.model_info.max_seq_length
    model.model_card_data.local_files_only = True
    model.model_card_data.generate_widget_examples = False
    return model


def check_lora(checkpoint: Checkpoint, options: TrainingOptions) -> None:
    """Refuse LoRA targets that the model lacks.

    Raises:
        ConfigError: If no module has such a name.
    """
    names = {name.split(".")[-2] for name, shape in tensor_shapes(checkpoint.folder).items() if len(shape) > 1}
    if options.lora_rank and (unknown := [target for target in options.lora_targets if target not in names]):
        raise ConfigError(f"lora_targets={unknown[0]!r}: the model has {', '.join(sorted(names))}.")


def add_lora(model: SentenceTransformer, options: TrainingOptions) -> None:
    """Freeze the model and add a LoRA to the target modules, if the options ask for one."""
    from peft import LoraConfig

    if options.lora_rank is None:
        return
    torch.manual_seed(options.seed)  # a LoRA is initialised at random
    with quiet_peft():
        model.add_adapter(
            LoraConfig(
                r=options.lora_rank,
                lora_alpha=cast("int", options.lora_alpha or 2 * options.lora_rank),  # peft takes any number
                lora_dropout=options.lora_dropout,
                target_modules=list(options.lora_targets),
            )
        )


def width_of(model: SentenceTransformer) -> int:
    """Return the length of a full embedding.

    Raises:
        CheckpointError: If the model's pooling does not say.
    """
    width = model.get_embedding_dimension()
    if width is None:
        raise CheckpointError(
            "The model does not say how long its embeddings are: the config.json of its pooling is damaged. "
            "Copy it from the base model."
        )
    return width


@contextmanager
def reading_at_most(model: SentenceTransformer, n_tokens: int) -> Iterator[None]:
    """Truncate texts to `n_tokens` while the block runs."""
    max_seq_length = model.max_seq_length
    model.max_seq_length = n_tokens if max_seq_length is None else min(n_tokens, max_seq_length)
    try:
        yield
    finally:
        model.max_seq_length = max_seq_length


@contextmanager
def quiet_peft() -> Iterator[None]:
    """Silence a warning of peft 0.21 about transformers 5 while the block runs."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        yield


def _ensure_end_token(transformer: Transformer, checkpoint: Checkpoint) -> None:
    """Make the tokenizer append the end token, as Qwen3Encoder does; early and re-exported tokenizers don't."""
    tokenizer: Any = transformer.tokenizer
    end_id = tokenizer.convert_tokens_to_ids(END_TOKEN)
    if end_id is None or end_id == tokenizer.unk_token_id:
        raise CheckpointError(f"The tokenizer in {checkpoint.folder} has no {END_TOKEN!r}. Copy the base model's.")
    if tokenizer("a")["input_ids"][-1] != end_id:
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single=f"$A {END_TOKEN}", pair=f"$A {END_TOKEN} $B {END_TOKEN}", special_tokens=[(END_TOKEN, end_id)]
        )
