"""Weights that stay where they are: a graph's initializers point into the checkpoint's safetensors files."""

from __future__ import annotations

from onnx import TensorProto

from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint
from qwen3_embed_integrations.checkpoints.safetensors_index import read_index

from .data_file import external_tensor
from .graph_builder import GraphBuilder
from .weights import stored_tensor

_TYPES = {
    "F64": TensorProto.DOUBLE,
    "F32": TensorProto.FLOAT,
    "F16": TensorProto.FLOAT16,
    "BF16": TensorProto.BFLOAT16,
}


class StoredWeights:
    """Points a graph at stored weights, which a runtime widens to float32 as it loads them; see `GraphWeights`.

    safetensors files are little-endian numbers, one tensor after the other, as ONNX's external data are.

    Args:
        checkpoint: The model.
        builder: The graph.
    """

    def __init__(self, checkpoint: Checkpoint, builder: GraphBuilder) -> None:
        self._checkpoint = checkpoint
        self._builder = builder
        self._index = read_index(checkpoint.folder)
        self._files: dict[str, None] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the safetensors files that the graph points into."""
        return tuple(self._files)

    def vector(self, name: str) -> str:
        """Add a vector."""
        return self._float32(self._initializer(name))

    def embedding(self, name: str, ids: str) -> str:
        """Add a table of embeddings and look up `ids` in it."""
        return self._float32(self._builder.node("Gather", self._initializer(name), ids))

    def linear(self, states: str, name: str) -> str:
        """Add a product with the matrix."""
        return self._builder.node("Gemm", states, self._float32(self._initializer(name)), transB=1)

    def _initializer(self, name: str) -> str:
        stored = stored_tensor(self._index, name, self._checkpoint)
        self._files[stored.path.name] = None
        length = stored.end - stored.begin
        dtype = _TYPES[stored.dtype]
        return self._builder.initializer(
            external_tensor(name, dtype, stored.shape, stored.path.name, stored.begin, length)
        )

    def _float32(self, value: str) -> str:
        return self._builder.node("Cast", value, to=TensorProto.FLOAT)
