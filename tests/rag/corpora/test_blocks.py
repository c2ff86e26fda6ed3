import pytest

from qwen3_embed_integrations.rag.corpora.blocks import Block


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ({}, ""),
        ({"page": 3}, "p. 3"),
        ({"slide": 2}, "slide 2"),
        ({"sheet": "Prices", "cell": "A2:C9"}, "sheet Prices, cells A2:C9"),
        ({"cell": "4"}, "cell 4"),
    ],
)
def test_a_location_reads_as_in_a_citation(place, location):
    assert Block("text", **place).location == location


@pytest.mark.parametrize(
    ("first", "last", "location"),
    [
        (Block("", page=3), Block("", page=3), "p. 3"),
        (Block("", page=3), Block("", page=5), "pp. 3-5"),
        (Block("", cell="2"), Block("", cell="4"), "cells 2-4"),
        (Block("", sheet="S", cell="A1:C9"), Block("", sheet="S", cell="A10:D12"), "sheet S, cells A1:D12"),
        (Block("", slide=2), Block("", slide=2), "slide 2"),
        (Block(""), Block("", page=2), ""),
    ],
)
def test_a_passage_names_the_place_where_it_begins_and_where_it_ends(first, last, location):
    assert first.until(last).location == location
