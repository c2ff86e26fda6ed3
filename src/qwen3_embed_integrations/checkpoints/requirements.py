"""What each caller requires of a model folder: refuse or warn, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import CheckpointError, CheckpointWarning
from qwen3_embed_integrations.core.user_warning import warn_user

from .classification import Classification, ModelKind
from .expected_weights import shown_names

_UNUSED_BUFFER = ".inv_freq"  # the rotary frequencies, which the model computes itself
_HEADS = {
    ModelKind.EMBEDDER: (),
    ModelKind.CAUSAL_RERANKER: ("lm_head.weight",),
    ModelKind.SEQUENCE_CLASSIFIER: ("score.weight", "lm_head.weight"),
    ModelKind.LANGUAGE_MODEL: ("lm_head.weight",),
    ModelKind.OTHER: (),
}
"""Tensors beside the decoder's that belong to a model of each kind."""


def require_embedder(found: Classification, config: EncoderConfig) -> None:
    """Check that a folder holds an embedding model that can be run under `config`; warn of a language model.

    Raises:
        CheckpointError: A reranker, a classifier, another kind of model, or quantised weights for a local backend.
    """
    if found.kind not in (ModelKind.EMBEDDER, ModelKind.LANGUAGE_MODEL):
        raise CheckpointError(
            f"{found.folder} holds {found.kind}: {found.because}. It has no embeddings of single texts. "
            'Use an embedding model, such as "Qwen/Qwen3-Embedding-0.6B".'
        )
    if config.backend != "remote":
        require_plain_weights(found)
    if found.kind is ModelKind.LANGUAGE_MODEL:
        warn_user(
            f"{found.folder} holds {found.kind}, not trained as an embedding model: {found.because}. Its embeddings "
            'are poor. Use an embedding model, such as "Qwen/Qwen3-Embedding-0.6B"; if this one was trained for '
            "embeddings, save it with sentence-transformers, which adds modules.json.",
            CheckpointWarning,
        )


def require_reranker(found: Classification, config: EncoderConfig) -> None:
    """Check that a folder holds a model that scores pairs and can be run under `config`.

    A language model passes: a fine-tuned reranker that transformers saved says no more of itself.

    Raises:
        CheckpointError: An embedding model, another kind of model, or quantised weights for a local backend.
    """
    if found.kind in (ModelKind.EMBEDDER, ModelKind.OTHER):
        raise CheckpointError(
            f"{found.folder} holds {found.kind}: {found.because}. It does not score pairs of query and document. "
            'Use a reranker, such as "Qwen/Qwen3-Reranker-0.6B"; an embedding model goes into Qwen3Encoder.'
        )
    if config.backend != "remote":
        require_plain_weights(found)


def require_plain_weights(found: Classification) -> None:
    """Check that the weights are floating-point numbers.

    Raises:
        CheckpointError: They are quantised; the message names the method and what runs instead.
    """
    if found.quantization:
        raise CheckpointError(
            f"{found.folder} holds quantised weights ({found.quantization}), which can't be run here: without their "
            'scales they are other numbers. Use the original checkpoint, with dtype="int8" or "bfloat16" to save '
            'memory, or serve this folder with an engine that runs it, such as vLLM, and use backend="remote".'
        )


def require_used(unused: Iterable[str], kind: ModelKind, folder: Path) -> None:
    """Check the tensors that the decoder does not use; warn of those that change no embedding.

    Args:
        unused: Names of stored tensors.
        kind: What the model was trained for.
        folder: The folder of the weights.

    Raises:
        CheckpointError: A tensor would have an effect, were it used; the message names it.
    """
    left = [name for name in unused if name not in _HEADS[kind]]
    harmless = [name for name in left if name == "lm_head.weight" or name.endswith(_UNUSED_BUFFER)]
    if lost := set(left) - set(harmless):
        raise CheckpointError(
            f"{folder} has tensors that a Qwen3 model of its config.json does not use: {shown_names(lost)}. Without "
            "them its embeddings would be wrong. Merge adapters and heads into the model, or correct config.json."
        )
    if harmless:
        warn_user(
            f"{folder} has tensors that an embedding model does not use: {shown_names(harmless)}. They are ignored.",
            CheckpointWarning,
        )
