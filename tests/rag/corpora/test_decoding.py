from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError
from qwen3_embed_integrations.rag.corpora.decoding import clean, decode


@settings(deadline=None)
@given(st.text())
def test_utf8_is_always_read_as_utf8(text):
    if "\0" not in text and text.isprintable():
        assert decode(text.encode()) == clean(text)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(data):
    text = ""
    with suppress(UnreadableFileError):
        text = decode(data)
    text.encode()
    assert not {"\0", "\r"} & set(text)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Preis: 5 €", "cp1252"), ("naïve café", "cp1252"), ("ÜBER 38 € GRÜSSE", "cp1252"), ("El niño comió", "cp1252")],
)
def test_a_few_accents_in_latin_text_are_western(text, encoding):
    assert decode(text.encode(encoding)) == text


def test_a_declared_encoding_that_does_not_exist_is_passed_over():
    assert decode("naïve café".encode("cp1252"), "klingon") == "naïve café"


def test_surrogate_pairs_are_joined_and_lone_ones_replaced():
    assert clean("\ud83d\ude00 \ud83d x") == "\U0001f600 \ufffd x"
