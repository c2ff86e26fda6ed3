"""What is known of a reranker on a server: from its folder here or from the catalog, without asking the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
from qwen3_embed_integrations.checkpoints.requirements import require_reranker
from qwen3_embed_integrations.core.catalog import RERANKER_CONTEXT, RERANKERS
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig

from .discovery import UNBOUNDED, find_tokenizer, named_commit
from .rerank_engines import RerankTarget, rerank_target_of


@dataclass(frozen=True)
class RemoteReranker:
    """A reranker on a server.

    Attributes:
        model_info: What is known of it here.
        target: The server.
        tokenizer: Its tokenizer, if it is on this machine.
    """

    model_info: ModelInfo
    target: RerankTarget
    tokenizer: PairTokenizer | None


def open_reranker(config: RerankerRuntimeConfig) -> RemoteReranker:
    """Find out what there is to know of the reranker of `config`; ask no server.

    Raises:
        CheckpointError: The folder that `model` names holds no reranker.
        ConfigError: `tokenizer` is not a folder.
    """
    folder: Path | None = None
    if Path(config.model).expanduser().is_dir():
        checkpoint = open_checkpoint(config, require_reranker)
        model_info, folder = checkpoint.model_info, checkpoint.folder
    else:
        model_info = _model_info(config)
    target = rerank_target_of(config, config.engine)
    return RemoteReranker(model_info, target, find_tokenizer(config, folder, PairTokenizer))


def _model_info(config: RerankerRuntimeConfig) -> ModelInfo:
    context_length = RERANKER_CONTEXT if config.model in RERANKERS.values() else UNBOUNDED
    return ModelInfo(
        model=config.model,
        revision=named_commit(config),
        weights="",
        hidden_size=1,  # a backend that scores returns one number a pair
        context_length=context_length,
        max_seq_length=context_length,
        pooling="lasttoken",
    )
