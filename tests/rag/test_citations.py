import pytest

from qwen3_embed_integrations.rag.citations import mark_unknown


@pytest.mark.parametrize(
    ("text", "marked", "unknown"),
    [
        ("It rains [1][3].", "It rains [1][3].", ()),
        ("It rains [4], and [0].", "It rains [4?], and [0?].", (4, 0)),
        ("So [1, 9] and [2;7].", "So [1, 9?] and [2;7?].", (9, 7)),
        ("See [1-5].", "See [1-5?].", (5,)),
        ("x[i], [a], [12345] and [] stay", "x[i], [a], [12345] and [] stay", ()),
        ("[7] twice [7]", "[7?] twice [7?]", (7,)),
    ],
)
def test_numbers_that_no_passage_had_are_marked(text, marked, unknown):
    assert mark_unknown(text, 3) == (marked, unknown)
