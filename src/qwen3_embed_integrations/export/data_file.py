"""Weights → a graph's initializers, whose numbers lie in one file beside it."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from onnx import TensorProto

from qwen3_embed_integrations.core.types import FloatArray

from .graph_builder import CONTRIB, GraphBuilder
from .options import WeightsDtype
from .quantization import ACCURACY_LEVEL, BLOCK_SIZE, LARGEST, LEAST, to_blocks, to_int8
from .weights import Array, ReadWeight, as_float32

DATA_FILE = "model.onnx.data"
_PAGE, _LINE = 4096, 64  # bytes: large tensors begin on a page, so that they can be mapped into memory
_LARGE = 1 << 16
_N_BITS = {"int8_blocks": 8, "int4": 4}
_ZERO_POINT = 128  # of states in uint8: ONNX Runtime multiplies int8 weights with those, on every CPU
_TYPES = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float16): TensorProto.FLOAT16,
    np.dtype(np.uint16): TensorProto.BFLOAT16,
    np.dtype(np.uint8): TensorProto.UINT8,
    np.dtype(np.int8): TensorProto.INT8,
}


def external_tensor(  # noqa: PLR0913, PLR0917 - what an initializer of ONNX consists of
    name: str, dtype: int, shape: tuple[int, ...], location: str, offset: int, length: int
) -> TensorProto:
    """Return an initializer whose numbers are `length` bytes from `offset` of a file beside the graph."""
    tensor = TensorProto(name=name, data_type=dtype, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return tensor


class DataFile:
    """Writes weights to a file as a graph asks for them; see `qwen3_graph.GraphWeights`.

    Vectors are float32. The table of embeddings is stored as the checkpoint has it if that is smaller, and widened
    after the look-up, which is exact; quantised models store it in 16 bits.

    Args:
        file: Where the numbers go.
        read: Reads a weight of the checkpoint.
        dtype: What the matrices are stored in.
        builder: The graph.
    """

    def __init__(self, file: BinaryIO, read: ReadWeight, dtype: WeightsDtype, builder: GraphBuilder) -> None:
        self._file = file
        self._read = read
        self._dtype = dtype
        self._builder = builder
        self._quantized: dict[str, tuple[str, str]] = {}

    def vector(self, name: str) -> str:
        """Add a vector in float32."""
        return self._store(name, as_float32(self._read(name)))

    def embedding(self, name: str, ids: str) -> str:
        """Add a table of embeddings and look up `ids` in it."""
        table = self._read(name)
        if table.dtype == np.float64 or (self._dtype != "float32" and table.dtype == np.float32):
            table = as_float32(table)
            table = table if self._dtype == "float32" else in_float16(table, name)
        return self._float32(self._builder.node("Gather", self._store(name, table), ids), table)

    def linear(self, states: str, name: str) -> str:
        """Add a product with the matrix."""
        matrix = as_float32(self._read(name))
        if self._dtype == "int8":
            return self._in_int8(states, matrix, name)
        if self._dtype in _N_BITS:
            return self._in_blocks(states, matrix, name)
        if self._dtype == "float16":
            half = in_float16(matrix, name)
            return self._builder.node("Gemm", states, self._float32(self._store(name, half), half), transB=1)
        return self._builder.node("Gemm", states, self._store(name, matrix), transB=1)

    def _in_int8(self, states: str, matrix: FloatArray, name: str) -> str:
        """Multiply in 8 bits: `states` with a scale for each token, weights with a scale for each output."""
        add, found = self._builder, to_int8(matrix)
        if states not in self._quantized:
            self._quantized[states] = self._quantize(states)
        integers, scales = self._quantized[states]
        product = add.node(
            "MatMulIntegerToFloat",
            integers,
            self._store(f"{name}.integers", found.integers),
            add.constant(1, np.float32),
            self._store(f"{name}.scales", found.scales),
            add.constant(_ZERO_POINT, np.uint8),
            domain=CONTRIB,
        )
        return add.node("Mul", product, scales)

    def _quantize(self, states: str) -> tuple[str, str]:
        """Quantise each token by its largest absolute value: `[tokens, in_features]` uint8, and scales `[tokens, 1]`.

        ONNX Runtime's maximum ignores NaN. 0 times the sum is NaN then, which makes the scale and the product NaN.
        """
        add, last = self._builder, self._builder.constant([-1])
        ends = (add.node(f"Reduce{end}", states, last, keepdims=1) for end in ("Max", "Min"))
        largest = add.node("Max", *(add.node("Abs", end) for end in ends), add.constant(LEAST, np.float32))
        none = add.node("Mul", add.node("ReduceSum", states, last, keepdims=1), add.constant(0, np.float32))
        scales = add.node("Mul", add.node("Add", largest, none), add.constant(1 / LARGEST, np.float32))
        each = add.node("Reshape", scales, last)
        zero_points = add.node("Expand", add.constant(_ZERO_POINT, np.uint8), add.node("Shape", each))
        return add.node("QuantizeLinear", states, each, zero_points, axis=0), scales

    def _in_blocks(self, states: str, matrix: FloatArray, name: str) -> str:
        """Multiply with weights in blocks that share a scale; ONNX Runtime quantises the states in such blocks."""
        found = to_blocks(matrix, _N_BITS[self._dtype])
        return self._builder.node(
            "MatMulNBits",
            states,
            self._store(f"{name}.packed", found.packed),
            self._store(f"{name}.scales", found.scales),
            domain=CONTRIB,
            K=matrix.shape[1],
            N=len(matrix),
            bits=found.n_bits,
            block_size=BLOCK_SIZE,
            accuracy_level=ACCURACY_LEVEL,
        )

    def _float32(self, value: str, stored: Array) -> str:
        return value if stored.dtype == np.float32 else self._builder.node("Cast", value, to=TensorProto.FLOAT)

    def _store(self, name: str, array: Array) -> str:
        self._file.write(b"\0" * (-self._file.tell() % (_PAGE if array.nbytes >= _LARGE else _LINE)))
        offset = self._file.tell()
        self._file.write(np.ascontiguousarray(array).data)
        tensor = external_tensor(name, _TYPES[array.dtype], array.shape, DATA_FILE, offset, array.nbytes)
        return self._builder.initializer(tensor)


def in_float16(array: Array, name: str) -> Array:
    """Return float32 numbers in float16.

    Raises:
        OverflowError: One of them is beyond its range.
    """
    largest = float(np.abs(array).max(initial=0))
    if largest > float(np.finfo(np.float16).max):
        raise OverflowError(f"{name} has a weight of {largest:.3g}, beyond float16's 65504. Export in float32 or int8.")
    return array.astype(np.float16)
