"""No text of a stranger acts on a terminal, reorders a line or hides in it; every script stays readable."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.core.safe_text import safe_line, safe_text

JOINERS = {"\u200c", "\u200d"}  # Persian, the scripts of India and emoji need them
VISIBLE_FORMATS = {"\u00ad"} | {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"} & {
    chr(code) for span in ((0x600, 0x900), (0x11000, 0xE0000)) for code in range(*span) if code != 0x61C
}  # number signs of Arabic and the like, hieroglyph joiners, musical marks


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc\0", r"a\r\nb\tc\x00"),
        ("photo\u202egnp.exe", r"photo\u202egnp.exe"),
        ("caf\udce9.txt", r"caf\udce9.txt"),
        ("\U000e0041", r"\U000e0041"),
        ("\ufeffx\u200b\u2028y", r"\ufeffx\u200b\u2028y"),
    ],
)
def test_unsafe_characters_are_shown_as_escapes(text, shown):
    assert safe_text(text) == shown


@pytest.mark.parametrize(
    "text", ["naïve 北京", "e\u0301", "मराठी\u200cक", "👩\u200d👩\u200d👧", "שלום", "C:\\new\\table", "a\u00a0b", ""]
)
def test_letters_of_every_script_stay(text):
    assert safe_text(text) == text


def test_every_control_format_surrogate_and_separator_is_escaped_but_joiners_and_visible_marks():
    categories = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    unsafe = {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in categories}
    left = {character for character in unsafe if safe_text(character) == character}
    assert left == JOINERS | VISIBLE_FORMATS


@given(st.text(alphabet=st.characters()))
def test_any_text_becomes_encodable_and_stays_as_it_then_is(text):
    shown = safe_text(text)
    shown.encode("utf-8")
    assert safe_text(shown) == shown


def test_named_characters_are_kept():
    assert safe_text("a\n\tb\x1b", keep="\n\t") == "a\n\tb\\x1b"


def test_a_line_has_single_spaces_and_is_cut_behind_its_limit():
    assert safe_line("a\n\n b\x1b") == r"a b\x1b"
    assert safe_line("abcdef", 3) == "abc…"
    assert safe_line("abc", 3) == "abc"
