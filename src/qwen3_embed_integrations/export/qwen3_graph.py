"""The Qwen3 decoder on packed tokens as an ONNX graph.

Products, norms and rotary angles see tokens laid end to end. Queries, keys and values are gathered to padded sequences
for attention alone (see `backends.onnx.graph_inputs`, which makes the indices), so that no product computes padding.
Everything is a standard operator of opset 23, except the products of quantised weights.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from qwen3_embed_integrations.checkpoints.architecture import Qwen3Architecture
from qwen3_embed_integrations.checkpoints.export_manifest import OPSET
from qwen3_embed_integrations.core.types import FloatArray

from .graph_builder import GraphBuilder

_IR_VERSION = 11  # of ONNX 1.18, which brought opset 23


class GraphWeights(Protocol):
    """Puts a checkpoint's weights into a graph; each method returns the name of a float32 value."""

    def vector(self, name: str) -> str:
        """Add a vector, such as a norm's scale."""
        ...

    def embedding(self, name: str, ids: str) -> str:
        """Add a table of embeddings and look up `ids` in it."""
        ...

    def linear(self, states: str, name: str) -> str:
        """Multiply `states` with the transpose of a matrix, `[out_features, in_features]`."""
        ...


class Qwen3Graph:
    """The graph of one model.

    Args:
        architecture: The model's dimensions.
        builder: Collects the nodes.
        weights: Puts the weights into the same builder.
        head: `[hidden_size]`, what a reranker multiplies the last state with; None for an embedding model.
    """

    def __init__(
        self,
        architecture: Qwen3Architecture,
        builder: GraphBuilder,
        weights: GraphWeights,
        head: FloatArray | None = None,
    ) -> None:
        self._architecture = architecture
        self._builder = builder
        self._weights = weights
        self._head = head
        self._query_size = architecture.num_attention_heads * architecture.head_dim
        self._key_size = architecture.num_key_value_heads * architecture.head_dim

    def model(self) -> ModelProto:
        """Return the whole model; `uses_contrib` operators only if the weights do."""
        self._angles()
        self._mask()
        states = self._weights.embedding("embed_tokens.weight", "input_ids")
        kept: list[tuple[str, str]] = []
        for index in range(self._architecture.num_hidden_layers):
            states = self._layer(index, states, kept)
        self._outputs(states, kept)
        graph = self._builder.graph(*self._signature())
        domains = sorted({node.domain for node in self._builder.nodes} - {""})
        opsets = [helper.make_opsetid("", OPSET), *(helper.make_opsetid(domain, 1) for domain in domains)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="qwen3-embed-integrations"
        )

    def _angles(self) -> None:
        """Compute cosine and sine of the rotary angles, `[1, tokens, head_dim / 2]` each."""
        add, architecture = self._builder, self._architecture
        exponents = np.arange(0, architecture.head_dim, 2, dtype=np.float32) / np.float32(architecture.head_dim)
        # as torch rounds them: the power first, then its inverse
        powers = (np.float64(architecture.rope_theta) ** exponents.astype(np.float64)).astype(np.float32)
        frequencies = np.float32(1) / powers
        positions = add.node("Cast", add.node("Unsqueeze", "position_ids", add.constant([0, 2])), to=TensorProto.FLOAT)
        angles = add.node("Mul", positions, add.constant(frequencies, np.float32))
        self._cosine, self._sine = add.node("Cos", angles), add.node("Sin", angles)

    def _mask(self) -> None:
        """Compute which keys each query may see, `[longest, prefix + longest]`: all but later ones."""
        add = self._builder
        zero, one = add.constant(0), add.constant(1)
        n_queries, n_keys = (
            add.node("Gather", add.node("Shape", index), one) for index in ("query_index", "key_index")
        )
        keys = add.node("Unsqueeze", add.node("Range", zero, n_keys, one), add.constant([0]))
        queries = add.node("Range", add.node("Sub", n_keys, n_queries), n_keys, one)
        self._visible = add.node("LessOrEqual", keys, add.node("Unsqueeze", queries, add.constant([1])))

    def _layer(self, index: int, states: str, kept: list[tuple[str, str]]) -> str:
        """Add a layer; the last one goes on with the wanted tokens only."""
        add, at = self._builder, f"layers.{index}."
        normed = self._norm(states, f"{at}input_layernorm.weight")
        query, key, value = (self._weights.linear(normed, f"{at}self_attn.{name}_proj.weight") for name in "qkv")
        query = self._rotated(query, f"{at}self_attn.q_norm.weight", self._architecture.num_attention_heads)
        key = self._rotated(key, f"{at}self_attn.k_norm.weight", self._architecture.num_key_value_heads)
        kept.append((add.node("Gather", key, "kept_index"), add.node("Gather", value, "kept_index")))
        mixed = self._attention(index, query, key, value)
        if index + 1 == self._architecture.num_hidden_layers:
            states, mixed = add.node("Gather", states, "end_index"), add.node("Gather", mixed, "end_index")
        states = add.node("Add", states, self._weights.linear(mixed, f"{at}self_attn.o_proj.weight"))
        return self._mlp(at, states)

    def _norm(self, states: str, name: str) -> str:
        epsilon = self._architecture.rms_norm_eps
        return self._builder.node("RMSNormalization", states, self._weights.vector(name), axis=-1, epsilon=epsilon)

    def _rotated(self, states: str, norm: str, n_heads: int) -> str:
        """Normalise each head, then rotate it by its position; `[tokens, n_heads * head_dim]` in and out."""
        add, head_dim = self._builder, self._architecture.head_dim
        heads = self._norm(add.node("Reshape", states, add.constant([-1, n_heads, head_dim])), norm)
        laid = add.node("Reshape", heads, add.constant([1, -1, n_heads * head_dim]))
        rotated = add.node("RotaryEmbedding", laid, self._cosine, self._sine, num_heads=n_heads)
        return add.node("Reshape", rotated, add.constant([-1, n_heads * head_dim]))

    def _attention(self, index: int, query: str, key: str, value: str) -> str:
        """Attend within each sequence; `[tokens, heads * head_dim]` in and out."""
        add, architecture = self._builder, self._architecture
        layer = add.constant(index)
        key = add.node("Concat", add.node("Gather", "prefix_keys", layer), key, axis=0)
        value = add.node("Concat", add.node("Gather", "prefix_values", layer), value, axis=0)
        mixed = add.node(
            "Attention",
            self._padded(query, "query_index", architecture.num_attention_heads),
            self._padded(key, "key_index", architecture.num_key_value_heads),
            self._padded(value, "key_index", architecture.num_key_value_heads),
            self._visible,
            scale=architecture.head_dim**-0.5,
        )
        tokens = add.node("Transpose", mixed, perm=[0, 2, 1, 3])
        return add.node("Gather", add.node("Reshape", tokens, add.constant([-1, self._query_size])), "packed_index")

    def _padded(self, states: str, index: str, n_heads: int) -> str:
        """Gather tokens to padded sequences, `[n, n_heads, longest, head_dim]`."""
        add = self._builder
        gathered = add.node("Gather", states, index)
        heads = add.node("Reshape", gathered, add.constant([0, 0, n_heads, self._architecture.head_dim]))
        return add.node("Transpose", heads, perm=[0, 2, 1, 3])

    def _mlp(self, at: str, states: str) -> str:
        add = self._builder
        normed = self._norm(states, f"{at}post_attention_layernorm.weight")
        gate, up = (self._weights.linear(normed, f"{at}mlp.{name}_proj.weight") for name in ("gate", "up"))
        active = add.node("Mul", add.node("Mul", gate, add.node("Sigmoid", gate)), up)
        return add.node("Add", states, self._weights.linear(active, f"{at}mlp.down_proj.weight"))

    def _outputs(self, states: str, kept: list[tuple[str, str]]) -> None:
        """Name the outputs."""
        add = self._builder
        final = self._norm(states, "norm.weight")
        if self._head is not None:
            add.node("MatMul", final, add.constant(self._head[:, None], np.float32))
        add.nodes[-1].output[0] = "embeddings"  # no Identity: OpenVINO would keep the name before it
        for name, layers in zip(("keys", "values"), zip(*kept, strict=True), strict=True):
            stacked = [add.node("Unsqueeze", layer, add.constant([0])) for layer in layers]
            add.nodes.append(helper.make_node("Concat", stacked, [name], axis=0))

    def _signature(self) -> tuple[list[ValueInfoProto], list[ValueInfoProto]]:
        """Return the inputs and outputs."""
        num_hidden_layers = self._architecture.num_hidden_layers
        width = self._architecture.hidden_size if self._head is None else 1

        def integers(name: str, *axes: str) -> ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.INT64, axes)

        def floats(name: str, *axes: str | int) -> ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, axes)

        inputs = [
            integers("input_ids", "tokens"),
            integers("position_ids", "tokens"),
            integers("query_index", "n", "longest"),
            integers("key_index", "n", "prefix_and_longest"),
            integers("packed_index", "tokens"),
            integers("end_index", "wanted"),
            integers("kept_index", "kept"),
            floats("prefix_keys", num_hidden_layers, "prefix", self._key_size),
            floats("prefix_values", num_hidden_layers, "prefix", self._key_size),
        ]
        outputs = [
            floats("embeddings", "wanted", width),
            floats("keys", num_hidden_layers, "kept", self._key_size),
            floats("values", num_hidden_layers, "kept", self._key_size),
        ]
        return inputs, outputs
