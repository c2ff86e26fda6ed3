"""`qwen3-embed models`: what there is to choose from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.table import Table

from qwen3_embed_integrations import MODELS, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint, read_json
from qwen3_embed_integrations.checkpoints.locate import cached_bytes
from qwen3_embed_integrations.checkpoints.safetensors_index import n_parameters
from qwen3_embed_integrations.core.catalog import TINY, PublishedModel

_GB = 1e9
_COLUMNS = ("model", "weights", "layers", "dimension", "context", "float32", "bfloat16", "licence", "on this machine")


class ModelsOptions(BaseModel):
    """What the command `models` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cache_folder: str | None = Field(None, description="Where hub models are kept; None: the hub library's own.")


def run_models(options: ModelsOptions) -> None:
    """Prints a row for each known model; asks no hub."""
    table = Table()
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name in ("model", "licence", "on this machine") else "right")
    for published in (_tiny(), *MODELS.values()):
        table.add_row(*_cells(published, _place(published, options.cache_folder)))
    console = Console()
    console.print(table)
    console.print("float32 and bfloat16: memory of the weights; a batch needs some more. Names are for --model.")


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


def _place(published: PublishedModel, cache_folder: str | None) -> str:
    if not published.repo_id:
        return "bundled"
    n_bytes = cached_bytes(published.repo_id, cache_folder)
    return f"cached, {n_bytes / _GB:.1f} GB" if n_bytes else "not yet"


def _cells(published: PublishedModel, place: str) -> list[str]:
    weights = published.n_parameters
    return [
        published.name,
        f"{weights / 1e9:.1f} billion" if weights >= 1e9 else f"{weights / 1e6:.0f} million",  # noqa: PLR2004
        str(published.num_hidden_layers),
        str(published.dimension),
        f"{published.context_length:,}",
        f"{4 * weights / _GB:.2f} GB",
        f"{2 * weights / _GB:.2f} GB",
        published.licence,
        place,
    ]
