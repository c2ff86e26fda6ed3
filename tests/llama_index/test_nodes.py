"""A text in place of a node is refused by name, with what to do."""

from typing import Any

import pytest
from llama_index.core.schema import BaseNode, Document, IndexNode, NodeWithScore, TextNode

from qwen3_embed_integrations import InputTypeError
from qwen3_embed_integrations.llama_index import Qwen3Embedding, Qwen3Rerank, storable_nodes
from qwen3_embed_integrations.llama_index.nodes import checked_nodes


def test_nodes_pass_whatever_holds_them() -> None:
    nodes = [TextNode(text="a"), TextNode(text="b")]
    assert checked_nodes(iter(nodes), BaseNode) == nodes


@pytest.mark.parametrize("bad", [["text"], [TextNode(text="a"), "text"]])
async def test_a_text_among_the_nodes_to_embed_is_refused(bad: Any) -> None:
    embedding = Qwen3Embedding(model="tiny")
    said = rf"Node {len(bad) - 1} is str, expected BaseNode\. For a text, give TextNode\(text=…\)"
    with pytest.raises(InputTypeError, match=said):
        embedding(bad)
    with pytest.raises(InputTypeError, match=said):
        await embedding.acall(bad)


async def test_a_text_among_the_nodes_to_rank_is_refused() -> None:
    rerank = Qwen3Rerank(model="0.6B")
    bad: Any = ["text"]
    with pytest.raises(InputTypeError, match=r"Node 0 is str, expected NodeWithScore"):
        rerank.postprocess_nodes(bad, query_str="question")
    with pytest.raises(InputTypeError, match=r"give NodeWithScore\(node=TextNode\(text=…\)\)"):
        await rerank.apostprocess_nodes(bad, query_str="question")


def test_one_text_in_place_of_the_list_is_refused() -> None:
    bad: Any = "text"
    with pytest.raises(InputTypeError, match="Expected a list of BaseNode, found str"):
        Qwen3Embedding(model="tiny")(bad)
    with pytest.raises(InputTypeError, match="Expected a list of NodeWithScore, found str"):
        checked_nodes(bad, NodeWithScore)


ODD, WHOLE = "half a pair \ud835", "half a pair \ufffd"


@pytest.mark.parametrize("kind", [TextNode, Document])
def test_storable_nodes_have_a_replacement_in_text_and_metadata(kind: Any) -> None:
    odd = kind(text=ODD, id_="a", metadata={"title": ODD, "tags": [ODD], "n": {ODD: 1}})
    (found,) = storable_nodes([odd])
    assert (found.get_content(), found.node_id, type(found)) == (WHOLE, "a", kind)
    assert found.metadata == {"title": WHOLE, "tags": [WHOLE], "n": {WHOLE: 1}}
    assert (odd.get_content(), odd.metadata["title"]) == (ODD, ODD)  # the caller's own node stays


def test_nodes_that_a_store_can_keep_are_handed_on_themselves() -> None:
    nodes = [TextNode(text="whole", metadata={"k": 1}), IndexNode(text="whole", index_id="x")]
    assert all(one is other for one, other in zip(storable_nodes(iter(nodes)), nodes, strict=True))
    (found,) = storable_nodes([IndexNode(text=ODD, index_id="x")])
    assert (found.get_content(), type(found)) == (WHOLE, IndexNode)
    bad: Any = ["text"]
    with pytest.raises(InputTypeError, match="Node 0 is str"):
        storable_nodes(bad)
