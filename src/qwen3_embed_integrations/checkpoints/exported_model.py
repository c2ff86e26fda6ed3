"""Open the folder of an exported model: its manifest, and the files that it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations.core.catalog import TINY
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import CheckpointError, ModelNotFoundError
from qwen3_embed_integrations.core.model_info import ModelInfo

from .export_manifest import GRAPH_FILE, MANIFEST_FILE, ExportManifest, check_files, has_manifest, read_manifest
from .files import raise_for_special_files
from .locate import locate


@dataclass(frozen=True)
class ExportedModel:
    """An opened folder of `qwen3-embed export`.

    Attributes:
        model_info: What is known of the model before its graph is loaded.
        folder: Contains the graph, its data and the tokenizer.
        manifest: What the graph computes.
    """

    model_info: ModelInfo
    folder: Path
    manifest: ExportManifest

    @property
    def graph(self) -> Path:
        """The file of the graph."""
        return self.folder / GRAPH_FILE


def open_exported(config: EncoderConfig, *, is_reranker: bool) -> ExportedModel:
    """Open the exported model that `config.model` names; check the digests of its files.

    Args:
        config: The options.
        is_reranker: Whether pairs will be scored.

    Raises:
        CheckpointError: The folder holds no exported model, one of the other kind, or files that have changed.
        ModelNotFoundError: There is no such folder.
        ConfigError: `config` has a revision, but the model is bundled or a folder.
    """
    folder = _folder(config)
    raise_for_special_files(folder)
    if not has_manifest(folder):
        raise CheckpointError(_not_exported(folder, config.model))
    manifest = read_manifest(folder)
    if manifest.is_reranker != is_reranker:
        found, wanted = ("reranker", "an encoder") if manifest.is_reranker else ("embedding model", "a reranker")
        raise CheckpointError(
            f"{folder} holds an exported {found}, and {wanted} was asked for. "
            f"Use {'Qwen3Reranker' if manifest.is_reranker else 'Qwen3Encoder'}, or name another folder."
        )
    check_files(folder, manifest)
    return ExportedModel(_model_info(manifest, config), folder, manifest)


def _folder(config: EncoderConfig) -> Path:
    if config.model != TINY and not Path(config.model).expanduser().is_dir():
        raise ModelNotFoundError(
            f'backend="onnx" needs the folder of an exported model; {config.model!r} is no folder. Run: '
            f"{_command(config.model)}, then use that folder as model."
        )
    return locate(config).folder


def _command(model: str) -> str:
    return f"qwen3-embed export --model {model} --output FOLDER"


def _not_exported(folder: Path, model: str) -> str:
    """Return what is wrong with a folder that has no manifest."""
    graphs = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx"))
    if graphs:
        return (
            f"{folder} has {graphs[0]} and no {MANIFEST_FILE}: it was not exported by this package. Graphs of other "
            "tools take padded inputs and say neither prompts nor pooling. Export the original model: "
            f"{_command('ORIGINAL')}."
        )
    return f'{folder} holds no exported model, which backend="onnx" needs. Run: {_command(model)}.'


def _model_info(manifest: ExportManifest, config: EncoderConfig) -> ModelInfo:
    return ModelInfo(
        model=manifest.model,
        revision=manifest.revision,
        weights=manifest.weights,
        hidden_size=manifest.hidden_size,
        context_length=manifest.context_length,
        max_seq_length=manifest.max_seq_length,
        pooling=config.pooling or manifest.pooling,
        prompts=manifest.prompts,
        task_effects=manifest.task_effects,
        stored_dtype=manifest.dtype,
    )
