import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.rag.corpora.sentences import split_lines, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here. Two is too!", ["One is here. ", "Two is too!"]),
        ("Ask Dr. Lee, e.g. at noon. He knows.", ["Ask Dr. Lee, e.g. at noon. ", "He knows."]),
        ("It costs 3.5 euros. Or 4.", ["It costs 3.5 euros. ", "Or 4."]),
        ("1. First item here.", ["1. First item here."]),
        ("J. R. Smith came.", ["J. R. Smith came."]),
        ("他说：“我来了。”她走了。", ["他说：“我来了。”", "她走了。"]),
        ("これは本です。それはペンです。", ["これは本です。", "それはペンです。"]),
        ("«Где?» Здесь. Там.", ["«Где?» ", "Здесь. ", "Там."]),
        ("a list:\n- one\n- two", ["a list:\n", "- one\n", "- two"]),
        ("", []),
    ],
)
def test_sentences(text, sentences):
    assert split_sentences(text) == sentences


@given(st.text("ab. \n。!?\"'1-"))
def test_the_parts_together_are_the_text(text):
    assert "".join(split_sentences(text)) == text
    assert "".join(split_lines(text)) == text
