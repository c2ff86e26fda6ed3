"""Nodes that a caller hands over: LlamaIndex itself asks a text for its content and fails with an AttributeError."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from llama_index.core.schema import BaseNode, NodeWithScore

from qwen3_embed_integrations import InputTypeError

_Node = TypeVar("_Node", BaseNode, NodeWithScore)


def checked_nodes(nodes: Iterable[_Node], expected: type[_Node]) -> list[_Node]:
    """Return the nodes as a list.

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


def _remedy(expected: type[BaseNode | NodeWithScore]) -> str:
    if expected is NodeWithScore:
        return "For a text, give NodeWithScore(node=TextNode(text=…))."
    return "For a text, give TextNode(text=…), or call get_text_embedding_batch."
