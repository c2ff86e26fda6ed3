"""Errors become one safe line and an exit code; a value that may be a secret is never repeated."""

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.cli.errors import fail_with


def test_an_error_of_ours_is_its_own_line(capsys):
    assert fail_with(ConfigError("Found 1.\nExpected 2.")) == 1
    assert capsys.readouterr().err == "qwen3-embed: Found 1. Expected 2.\n"


def test_another_error_names_its_type_and_the_flag_that_shows_more(capsys):
    assert fail_with(ZeroDivisionError("by nought")) == 1
    assert capsys.readouterr().err.startswith("qwen3-embed: ZeroDivisionError: by nought (add --debug")


def test_a_message_acts_on_no_terminal(capsys):
    fail_with(ConfigError("\x1b[2J\u202ea"))
    assert capsys.readouterr().err == "qwen3-embed: \\x1b[2J\\u202ea\n"


@pytest.mark.parametrize(
    ("arguments", "parts", "code"),
    [
        (("rag", "--nope"), ("--nope", "qwen3-embed rag --help"), 2),
        (("nope",), ("nope", "qwen3-embed --help"), 2),
        (("rag", "stray"), ("stray", "--help"), 2),
        (("rag", "--model"), ("--model requires an argument",), 2),
        (("rag", "--dimension", "many"), ("--dimension many: ", "integer", "--help"), 2),
        (("rag", "--dtype", "float8"), ("--dtype float8: ", "'bfloat16'"), 2),
        (("rag", "--top-k", "0"), ("--top-k 0: ", "greater than or equal to 1"), 1),
        (("rag", "--dimension", "9", "--timeout-s", "0"), ("--dimension 9: ", "; ", "--timeout-s 0: "), 1),
        (("rag", "--docs", ""), ("--docs : The path is empty",), 1),
        (("eval", "--backend", "remote"), ('backend="remote" needs base_url',), 1),
    ],
)
def test_wrong_usage_is_2_and_a_refused_value_1(run, assert_refused, arguments, parts, code):
    assert_refused(run(*arguments), *parts, code=code)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--base-url", "http://user:sk-12345@host/v1"),
        ("--base-url", "http://host/v1", "--api-key-env", "sk-12345"),
    ],
)
def test_what_may_be_a_secret_is_not_repeated(run, assert_refused, arguments):
    result = run("doctor", *arguments)
    assert_refused(result)
    assert "sk-12345" not in "".join(result[1:])
