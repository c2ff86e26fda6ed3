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
