"""`qwen3-embed models`: the known models, their size and memory, and which of them are on this machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from qwen3_embed_integrations import MODELS, TASKS, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint, read_json
from qwen3_embed_integrations.checkpoints.locate import cached_bytes
from qwen3_embed_integrations.checkpoints.safetensors_index import n_parameters
from qwen3_embed_integrations.core.catalog import TINY, PublishedModel
from qwen3_embed_integrations.core.task_effects import harmful_tasks

from .tables import show_json, show_table

_GB = 1e9
_FLOAT32_BYTES, _BFLOAT16_BYTES = 4, 2
_COLUMNS = {
    "model": False,
    "size": True,
    "layers": True,
    "dim": True,
    "context": True,
    "GB in memory": True,
    "licence": False,
    "on disk": False,
}
_NOTES = (
    "Names are for --model. dim: length of an embedding; context: tokens of a text.",
    "Memory: the weights in float32 / bfloat16; a batch needs some more.",
)


class ModelsOptions(BaseModel):
    """The options of the command `models`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cache_folder: str | None = Field(None, description="Folder of hub models. Default: the hub library's own.")
    as_json: bool = Field(default=False, description="Print the models as JSON.")


def run_models(options: ModelsOptions) -> None:
    """Print a row for each known model; contacts no hub."""
    models = {published: _bytes_on_disk(published, options.cache_folder) for published in (_tiny(), *MODELS.values())}
    if options.as_json:
        show_json([_described(published, n_bytes) for published, n_bytes in models.items()])
    else:
        notes = (*_NOTES, *_task_notes())
        show_table(_COLUMNS, [_cells(published, n_bytes) for published, n_bytes in models.items()], notes)


def _harmful_tasks(name: str) -> tuple[str, ...]:
    """Return the presets that were measured to make a model worse; () for models of which nothing was measured here."""
    return harmful_tasks(Qwen3Encoder(model=TINY).model_info.task_effects) if name == TINY else ()


def _task_notes() -> tuple[str, ...]:
    harmful = _harmful_tasks(TINY)
    kept = [name for name in TASKS if name not in harmful]
    if not harmful:
        return ()
    if len(harmful) <= len(kept):
        return (f"Values of --task that make tiny worse: {', '.join(harmful)}.",)
    return (f"Of the values of --task, tiny knows {', '.join(kept) or 'none'}; others make it worse.",)


def _tiny() -> PublishedModel:
    config = EncoderConfig(model=TINY)
    model_info = Qwen3Encoder(config).model_info
    folder = open_checkpoint(config).folder
    num_hidden_layers = int(read_json(folder / "config.json")["num_hidden_layers"])
    return PublishedModel(
        TINY,
        "",
        model_info.hidden_size,
        num_hidden_layers,
        model_info.context_length,
        n_parameters(folder),
        "Apache-2.0",
    )


def _bytes_on_disk(published: PublishedModel, cache_folder: str | None) -> int | None:
    """Return the bytes in the hub's cache, 0 if it is not there, None for the bundled model."""
    return cached_bytes(published.repo_id, cache_folder) if published.repo_id else None


def _described(published: PublishedModel, n_bytes: int | None) -> dict[str, Any]:
    return {
        **asdict(published),
        "float32_bytes": _FLOAT32_BYTES * published.n_parameters,
        "bfloat16_bytes": _BFLOAT16_BYTES * published.n_parameters,
        "is_bundled": n_bytes is None,
        "cached_bytes": n_bytes or 0,
        "harmful_tasks": list(_harmful_tasks(published.name)),
    }


def _cells(published: PublishedModel, n_bytes: int | None) -> list[str]:
    weights = published.n_parameters
    return [
        published.name,
        f"{weights / 1e9:.1f} B" if weights >= 1e8 else f"{weights / 1e6:.0f} M",  # noqa: PLR2004 - as models are named
        str(published.num_hidden_layers),
        str(published.dimension),
        f"{published.context_length:,}",
        f"{_FLOAT32_BYTES * weights / _GB:.2f} / {_BFLOAT16_BYTES * weights / _GB:.2f}",
        published.licence,
        "bundled" if n_bytes is None else f"{n_bytes / _GB:.1f} GB" if n_bytes else "no",
    ]
