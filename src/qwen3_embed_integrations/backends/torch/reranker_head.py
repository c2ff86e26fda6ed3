"""The head of a reranker: the last token's state → the logit of "yes" against "no"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from qwen3_embed_integrations.checkpoints.checkpoint import ADAPTER_FILE, Checkpoint, read_json
from qwen3_embed_integrations.checkpoints.classification import ModelKind
from qwen3_embed_integrations.core.errors import CheckpointError
from qwen3_embed_integrations.core.packing import PackedBatch
from qwen3_embed_integrations.core.protocols import Forward, PipelinedForward
from qwen3_embed_integrations.core.types import FloatArray

from .weights import FolderWeights

_SCORE, _LM_HEAD, _EMBEDDING = "score.weight", "lm_head.weight", "embed_tokens.weight"


class RerankerForward:
    """A packed batch of pairs → `[n, 1]` float32 logits; the product with the head is computed in float32.

    Args:
        forward: A packed batch → the states of the last tokens, `[n, hidden_size]` float32.
        head: `[hidden_size]` float32.
    """

    def __init__(self, forward: Forward, head: FloatArray) -> None:
        self._forward = forward
        self._head = head[:, None]

    def __call__(self, batch: PackedBatch) -> FloatArray:
        """Return the logits; one may be non-finite, which the caller checks."""
        logits: FloatArray = self._forward(batch) @ self._head
        return logits


class PipelinedReranker(RerankerForward):
    """The same of a forward pass that starts a batch before the one before is collected.

    Args:
        forward: A packed batch → the states of the last tokens, `[n, hidden_size]` float32.
        head: `[hidden_size]` float32.
    """

    def __init__(self, forward: PipelinedForward, head: FloatArray) -> None:
        super().__init__(forward, head)
        self._pipelined = forward

    def submit(self, batch: PackedBatch) -> Callable[[], FloatArray]:
        """Start a batch; return what waits for its logits."""
        collect = self._pipelined.submit(batch)

        def logits() -> FloatArray:
            found: FloatArray = collect() @ self._head
            return found

        return logits


def read_head(checkpoint: Checkpoint, answer_ids: tuple[int, int]) -> FloatArray:
    """Return the vector whose product with the last token's state is the logit, `[hidden_size]` float32.

    That is `score.weight` of a Qwen3ForSequenceClassification with one label, or the difference of the rows of "yes"
    and "no" in the language model's head of a Qwen3ForCausalLM. The softmax of the two logits of the causal form is
    the sigmoid of their difference.

    Args:
        checkpoint: The model's files.
        answer_ids: Token ids of "yes" and of "no".

    Raises:
        CheckpointError: The head is missing or of the wrong shape.
    """
    weights = FolderWeights(checkpoint.folder, torch.device("cpu"), torch.float32)
    hidden_size = checkpoint.model_info.hidden_size
    if checkpoint.kind is ModelKind.SEQUENCE_CLASSIFIER:
        n_labels = weights.shape(_SCORE)[0] if weights.has(_SCORE) else None
        if n_labels != 1:
            found = "no score.weight" if n_labels is None else f"a score.weight of {n_labels} labels"
            raise CheckpointError(
                f"{checkpoint.folder} has {found}, expected one label, as in a converted Qwen3-Reranker. "
                "Use the original checkpoint, or convert it with one label."
            )
        score: FloatArray = weights(_SCORE, 1, hidden_size)[0].numpy()
        return score
    config = read_json(checkpoint.folder / "config.json")
    name = _EMBEDDING if config.get("tie_word_embeddings") else _LM_HEAD
    yes, no = weights.rows(name, answer_ids, hidden_size).numpy()
    difference: FloatArray = np.subtract(yes, no, dtype=np.float32)
    return difference


def raise_if_head_is_adapted(checkpoint: Checkpoint) -> None:
    """Check that a LoRA adapter trains neither the head nor the token embeddings, which may hold the head.

    Raises:
        CheckpointError: It does, and the merged weights would leave the head as it was.
    """
    if checkpoint.adapter is None:
        return
    stored = read_json(checkpoint.adapter / ADAPTER_FILE)
    trained = [*_names(stored.get("target_modules")), *_names(stored.get("modules_to_save"))]
    for name in trained:
        if name.rpartition(".")[2] in {"embed_tokens", "lm_head", "score"}:
            raise CheckpointError(
                f"The LoRA adapter in {checkpoint.adapter} trains {name!r}, which this package can't merge into a "
                "reranker. Merge it with peft's merge_and_unload and save the whole model."
            )


def _names(modules: object) -> Sequence[str]:
    if isinstance(modules, str):
        return [modules]
    return [str(name) for name in modules] if isinstance(modules, list) else []
