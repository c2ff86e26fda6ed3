"""A quotation of a server's text shows no part of the key and nothing that acts on a terminal."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.backends.remote.quoting import Quoter

KEY = "sk-secret/1234567890+abcdefghij=="


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY} is wrong", "key [api key] is wrong"),
        (f"key {KEY[:12]}*** is wrong", "key [api key]*** is wrong"),
        (f"…{KEY[-9:]}", "…[api key]"),
        (KEY + KEY, "[api key]"),
        (
            f"/login?next=%2F&k={KEY.replace('/', '%2F').replace('+', '%2B').replace('=', '%3D')}",
            "/login?next=%2F&k=[api key]",
        ),
        (KEY.replace("/", "\\/"), "[api key]"),
        ("sk-secr", "sk-secr"),
        ("all is well", "all is well"),
        ("", ""),
    ],
)
def test_every_stretch_of_the_key_is_hidden(text, shown):
    assert Quoter(KEY)(text) == shown


@given(before=st.integers(0, 700), key=st.text("abcdefgh123-", min_size=8, max_size=60), limit=st.integers(1, 400))
def test_no_cut_leaves_a_part_of_the_key(before, key, limit):
    shown = Quoter(key)("." * before + key, limit)
    assert not any(key[i : i + 8] in shown for i in range(len(key) - 7))
    assert len(shown) <= limit + 1


def test_a_short_key_is_hidden_whole_and_no_key_hides_nothing():
    assert Quoter("abc")("xabcx ab") == "x[api key]x ab"
    assert Quoter()("a text") == "a text"


def test_a_quotation_is_one_safe_line():
    assert Quoter(KEY)("busy\n\x1b]0;owned\x07 \u202efdp") == r"busy \x1b]0;owned\x07 \u202efdp"
    assert Quoter()("x" * 1000) == "x" * 300 + "…"


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11"])
def test_the_logs_of_the_http_libraries_are_quoted_while_watched(name, caplog):
    key = "one-that-no-other-test-has"
    quoter, logger = Quoter(key), logging.getLogger(name)
    quoter.watch_logs()
    try:
        with caplog.at_level(logging.DEBUG, logger=name):
            logger.debug("got %s", f"Location: {key}\x1b[2J")
    finally:
        quoter.unwatch_logs()
    assert caplog.messages == [r"got Location: [api key]\x1b[2J"]
    assert quoter not in logger.filters
