from pathlib import Path

import pytest
from pydantic import ValidationError

from qwen3_embed_integrations.rag import RagOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ask": ("How?", "  ")}, "The question is empty"),
        ({"docs": ""}, "The path is empty"),
        ({"index": " "}, "The path is empty"),
        ({"top_k": 0}, "greater than or equal to 1"),
        ({"min_score": 2}, "less than or equal to 1"),
        ({"reader": ("doc",)}, "is no reader. Give ext=module:function"),
        ({"chunk_tokens": 100, "chunk_overlap": 60}, "chunk_overlap=60 is over half of chunk_tokens=100"),
        ({"chunk_by": "word"}, "Input should be 'section'"),
        ({"topk": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_option_is_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        RagOptions(**options)


def test_a_path_may_be_a_path_or_its_text():
    assert RagOptions(docs=Path("notes")).docs == RagOptions(docs="notes").docs == Path("notes")


def test_readers_are_by_suffix():
    options = RagOptions(reader=("doc=mine:read", ".XYZ=a.b:c"))
    assert options.readers == {"doc": "mine:read", "xyz": "a.b:c"}
