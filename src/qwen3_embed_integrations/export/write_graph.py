"""Write a checkpoint's graph and its data."""

from __future__ import annotations

from pathlib import Path

from qwen3_embed_integrations.checkpoints.architecture import Qwen3Architecture
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, read_json
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE
from qwen3_embed_integrations.core.types import FloatArray

from .data_file import DATA_FILE, DataFile
from .graph_builder import GraphBuilder
from .options import WeightsDtype
from .qwen3_graph import Qwen3Graph
from .stored_weights import StoredWeights
from .weights import read_weights


def write_graph(
    checkpoint: Checkpoint, dtype: WeightsDtype, folder: Path, head: FloatArray | None = None
) -> tuple[str, ...]:
    """Write the graph and its data into `folder`; return the names of both files.

    Args:
        checkpoint: The model.
        dtype: What its matrices are stored in.
        folder: An existing folder.
        head: `[hidden_size]` of a reranker; None for an embedding model.
    """
    architecture = Qwen3Architecture.of(read_json(checkpoint.folder / "config.json"))
    builder = GraphBuilder()
    with (folder / DATA_FILE).open("wb") as file:
        weights = DataFile(file, read_weights(checkpoint), dtype, builder)
        model = Qwen3Graph(architecture, builder, weights, head).model()
    (folder / GRAPH_FILE).write_bytes(model.SerializeToString())
    return GRAPH_FILE, DATA_FILE


def write_graph_beside_weights(checkpoint: Checkpoint, folder: Path) -> tuple[str, ...]:
    """Write a graph into `folder` whose data are the checkpoint's own safetensors files; return their names.

    The graph works where these files lie beside it. It is how the bundled model has a graph without a second copy of
    its weights.
    """
    architecture = Qwen3Architecture.of(read_json(checkpoint.folder / "config.json"))
    builder = GraphBuilder()
    weights = StoredWeights(checkpoint, builder)
    model = Qwen3Graph(architecture, builder, weights).model()
    (folder / GRAPH_FILE).write_bytes(model.SerializeToString())
    return weights.files
