"""The steps of an export: open the checkpoint, write graph and data, copy the tokenizer, check, publish."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations.checkpoints.architecture import Qwen3Architecture, is_plain
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, open_checkpoint, read_json
from qwen3_embed_integrations.checkpoints.classification import Classification, ModelKind
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE, ExportManifest, file_digest
from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
from qwen3_embed_integrations.checkpoints.requirements import require_embedder, require_reranker
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import CheckpointError, ConfigError, missing_extra
from qwen3_embed_integrations.core.types import FloatArray

from .options import ExportOptions, WeightsDtype

_RERANKERS = (ModelKind.CAUSAL_RERANKER, ModelKind.SEQUENCE_CLASSIFIER)
_COPIED = ("config.json", "tokenizer_config.json", "task_effects.json")


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        folder: The exported model.
        manifest: What it says of itself.
        difference: How far its embeddings are from torch's (see `check.Difference`); None if they were not compared.
    """

    folder: Path
    manifest: ExportManifest
    difference: str | None

    @property
    def n_bytes(self) -> int:
        """Size of the graph and its data."""
        return sum(one.n_bytes for one in self.manifest.files.values())


def export(config: EncoderConfig, options: ExportOptions) -> ExportReport:
    """Export the model of `config`, an embedding model or a reranker.

    Raises:
        ConfigError: The output exists already, or an option doesn't fit.
        CheckpointError: The model can't be exported, or the check found it too far from torch's.
        MissingExtraError: The extra "export" is not installed.
    """
    _check_output(options.output)
    checkpoint = open_checkpoint(config, _require)
    if not is_plain(read_json(checkpoint.folder / "config.json")):
        raise CheckpointError(
            f"{checkpoint.folder} asks in config.json for more than a plain Qwen3 decoder (another activation, rotary "
            'scaling, biases), which the exported graph does not compute. Use backend="torch".'
        )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{options.output.name}.", dir=options.output.parent) as parent:
        staging = Path(parent) / "model"
        staging.mkdir()
        manifest = _write(checkpoint, options, staging)
        difference = _checked(config, options, staging, manifest) if options.check else None
        _check_output(options.output)
        staging.rename(options.output)
    return ExportReport(options.output, manifest, difference)


def _require(found: Classification, config: EncoderConfig) -> None:
    """Accept an embedding model or a reranker."""
    (require_reranker if found.kind in _RERANKERS else require_embedder)(found, config)


def _check_output(output: Path) -> None:
    if output.exists():
        raise ConfigError(f"{str(output)!r} already exists. Name another output, or move it away first.")


def _write(checkpoint: Checkpoint, options: ExportOptions, folder: Path) -> ExportManifest:
    """Write everything into `folder`, the manifest last."""
    try:
        from .write_graph import write_graph
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "onnx", "export") from error
    is_reranker = checkpoint.kind in _RERANKERS
    _copy_tokenizer(checkpoint, folder)
    try:
        files = write_graph(checkpoint, options.weights_dtype, folder, _head(checkpoint) if is_reranker else None)
    except OverflowError as error:
        raise CheckpointError(f"{checkpoint.folder}: {error}") from error
    manifest = _manifest(checkpoint, options.weights_dtype, {name: folder / name for name in files})
    manifest.write(folder)
    return manifest


def export_beside_weights(checkpoint: Checkpoint, folder: Path) -> None:
    """Write into `folder` a graph that points into the checkpoint's own files, and its manifest."""
    from .write_graph import write_graph_beside_weights

    names = write_graph_beside_weights(checkpoint, folder)
    files = {GRAPH_FILE: folder / GRAPH_FILE, **{name: checkpoint.folder / name for name in names}}
    _manifest(checkpoint, "float32", files).write(folder)


def _manifest(checkpoint: Checkpoint, dtype: WeightsDtype, files: Mapping[str, Path]) -> ExportManifest:
    architecture = Qwen3Architecture.of(read_json(checkpoint.folder / "config.json"))
    info = checkpoint.model_info
    return ExportManifest(
        model=info.model,
        revision=info.revision,
        weights=info.weights,
        dtype=dtype,
        is_reranker=checkpoint.kind in _RERANKERS,
        hidden_size=info.hidden_size,
        num_hidden_layers=architecture.num_hidden_layers,
        key_size=architecture.num_key_value_heads * architecture.head_dim,
        context_length=info.context_length,
        max_seq_length=info.max_seq_length,
        pooling=info.pooling,
        prompts=dict(info.prompts),
        files={name: file_digest(path) for name, path in files.items()},
        task_effects=dict(info.task_effects),
    )


def _head(checkpoint: Checkpoint) -> FloatArray:
    """Return what a reranker multiplies the last token's state with."""
    try:
        from qwen3_embed_integrations.backends.torch.reranker_head import raise_if_head_is_adapted, read_head
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "export") from error
    raise_if_head_is_adapted(checkpoint)
    return read_head(checkpoint, PairTokenizer(checkpoint.folder).answer_ids)


def _copy_tokenizer(checkpoint: Checkpoint, folder: Path) -> None:
    """Copy the tokenizer and config.json, which says how many tokens have embeddings."""
    for name in _COPIED:
        if (checkpoint.folder / name).is_file():
            shutil.copyfile(checkpoint.folder / name, folder / name)
    if (checkpoint.folder / "tokenizer.json").is_file():
        shutil.copyfile(checkpoint.folder / "tokenizer.json", folder / "tokenizer.json")
        return
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(checkpoint.folder, trust_remote_code=False).save_pretrained(folder)


def _checked(config: EncoderConfig, options: ExportOptions, staging: Path, manifest: ExportManifest) -> str:
    """Compare with torch and return the difference as a sentence.

    Raises:
        CheckpointError: It is beyond the bound.
    """
    from .check import compare

    difference = compare(config, staging, manifest, options.check_texts)
    if not difference.is_within_bound:
        advice = " Try --dtype int8_blocks." if options.weights_dtype == "int8" else ""
        raise CheckpointError(f"The exported model is too far from torch's, so nothing was kept: {difference}.{advice}")
    return str(difference)
