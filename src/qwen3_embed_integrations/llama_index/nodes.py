"""Nodes that a caller hands over: whether they are nodes, and whether a store can keep them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore

from qwen3_embed_integrations import InputTypeError
from qwen3_embed_integrations.core.inputs import encodable, encodable_values

_Node = TypeVar("_Node", BaseNode, NodeWithScore)


def checked_nodes(nodes: Iterable[_Node], expected: type[_Node]) -> list[_Node]:
    """Return the nodes as a list: of a text LlamaIndex itself asks the content, and fails with an AttributeError.

    Args:
        nodes: Any ordered iterable of nodes.
        expected: BaseNode, or NodeWithScore where a retriever gave them.

    Raises:
        InputTypeError: One is no such node; the message names its index and what to do.
    """
    if isinstance(nodes, str):
        raise InputTypeError(f"Expected a list of {expected.__name__}, found str. {_remedy(expected)}")
    listed = list(nodes)
    for index, node in enumerate(listed):
        if not isinstance(node, expected):
            raise InputTypeError(
                f"Node {index} is {type(node).__name__}, expected {expected.__name__}. {_remedy(expected)}"
            )
    return listed


def storable_nodes(nodes: Iterable[BaseNode]) -> list[BaseNode]:
    r"""Return the nodes, with U+FFFD for each lone surrogate of text and metadata; whole ones as they are.

    No store can keep a lone surrogate. An index writes its nodes in parts (`insert_batch_size`), and a node that can't
    be written fails when those of the parts before it are in the store: give it `storable_nodes(nodes)`.

    Example:
        >>> from llama_index.core.schema import TextNode
        >>> storable_nodes([TextNode(text="half a pair \ud835")])[0].get_content() == "half a pair \ufffd"
        True

    Args:
        nodes: Nodes or documents. Their ids are kept.

    Raises:
        InputTypeError: One is no node.
    """
    return [_storable(node) for node in checked_nodes(nodes, BaseNode)]  # type: ignore[type-abstract]


def _storable(node: BaseNode) -> BaseNode:
    content = node.get_content(MetadataMode.NONE)
    text, metadata = encodable(content), encodable_values(node.metadata)
    if (text, metadata) == (content, node.metadata):
        return node
    copy = node.model_copy(deep=True)
    copy.metadata = metadata
    if text != content:
        copy.set_content(text)
    return copy


def _remedy(expected: type[BaseNode | NodeWithScore]) -> str:
    if expected is NodeWithScore:
        return "For a text, give NodeWithScore(node=TextNode(text=…))."
    return "For a text, give TextNode(text=…), or call get_text_embedding_batch."
