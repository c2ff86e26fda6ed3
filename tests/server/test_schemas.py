"""What may be embedded, and which fields cut."""

import pytest

from qwen3_embed_integrations.server.errors import ApiError
from qwen3_embed_integrations.server.schemas import EmbedFields, OpenAIFields, listed_input


@pytest.mark.parametrize(
    ("value", "listed"),
    [("a", ["a"]), (["a", "b"], ["a", "b"]), ([1, 2], [[1, 2]]), ([[1], [2]], [[1], [2]]), ([[1], "a"], [[1], "a"])],
)
def test_one_input_or_many(value, listed):
    assert listed_input(value, "input", 10) == listed


@pytest.mark.parametrize("value", [None, {}, 1.5, True, [], [[]], ["a", 1], [1, "a"], [True], [[1.5]]])
def test_anything_else_is_refused(value):
    with pytest.raises(ApiError, match="input"):
        listed_input(value, "input", 10)


@pytest.mark.parametrize(
    ("given", "cuts"),
    [
        ({}, None),
        ({"truncate": True}, True),
        ({"truncation": False}, False),
        ({"truncate": "END"}, True),
        ({"truncate": "NONE"}, False),
    ],
)
def test_each_way_to_say_cut(given, cuts):
    fields = EmbedFields.model_validate(given)
    assert [fields.cuts(default=default) for default in (True, False)] == (
        [True, False] if cuts is None else [cuts] * 2
    )


def test_unknown_fields_are_ignored_and_other_names_understood():
    fields = OpenAIFields.model_validate({"input": "a", "user": "x", "output_dimension": 64, "instruct": "Find it"})
    assert (fields.dimensions, fields.instruction) == (64, "Find it")
