"""Every field of a model is a flag: its name, its help, its default, in its panel, and no secret among them."""

import re

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.cli import parser
from qwen3_embed_integrations.cli.app import app
from qwen3_embed_integrations.cli.arrangement import COMMANDS, PANELS
from qwen3_embed_integrations.cli.evaluate import EvalOptions
from qwen3_embed_integrations.cli.similarity import SimilarityOptions
from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.training import TrainingOptions

MODELS = {"rag": RagOptions, "eval": EvalOptions, "similarity": SimilarityOptions, "train": TrainingOptions}


def arguments_of(command):
    return {one.keys[-1]: one for one in app[command].assemble_argument_collection(parse_docstring=True) if one.keys}


@pytest.mark.parametrize("command", MODELS)
def test_every_option_is_a_flag_but_secrets(command):
    offered = arguments_of(command)
    assert "token" not in offered
    own = set(MODELS[command].model_fields)
    encoder = EncoderConfig.model_fields.keys() - {"token"}
    assert own <= offered.keys()
    if command != "train":
        assert encoder <= offered.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_whole_and_every_line_within_80_columns(run, command):
    code, out, notes = run(command, "--help")
    assert (code, notes) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "…" not in out
    for argument in arguments_of(command).values():
        for name in argument.parameter.name:
            assert re.search(rf"│ +{name}\b", out) or f" {name} " in out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_common_options_come_first_at_most_ten(run, command):
    _, out, _ = run(command, "--help")
    first = out.split("╭─ Options ")[1].split("╰")[0]
    flags = re.findall(r"^│ (--[\w-]+)", first, re.MULTILINE)
    common = [name for name in COMMANDS[command].common if name in arguments_of(command)]
    assert flags == [parser.flag(name) for name in common]
    assert 2 <= len(flags) <= 10


def test_an_option_that_no_panel_names_is_shown_under_more_options(run, monkeypatch):
    monkeypatch.setitem(PANELS, "Texts", ())
    _, out, _ = run("similarity", "--help")
    assert "--max-length" in out.split("╭─ More options ")[1]


def test_the_help_speaks_of_flags_and_defaults():
    offered = arguments_of("rag")
    assert "--base-url" in offered["backend"].parameter.help
    assert "Default: full width" in offered["dimension"].parameter.help
    assert offered["model"].parameter.show_default == "tiny"


@pytest.mark.parametrize(("short", "long"), [("-m", "--model"), ("-d", "--dimension")])
def test_short_flags_are_the_long_ones(run, short, long):
    values = {"-m": "tiny", "-d": "64"}
    assert run("similarity", "a", "b", short, values[short]) == run("similarity", "a", "b", long, values[short])


def test_the_last_of_a_repeated_option_counts_and_lists_grow(run, cells):
    assert run("similarity", "a", "b", "--dimension", "9", "--dimension", "64")[0] == 0
    _, out, _ = run("similarity", "a", "--query", "x", "--query", "-y")
    assert [line[0] for line in cells(out)][:2] == ["q1", "q2"]
    assert "-y" in out


def test_a_model_of_the_command_is_the_default_and_gives_way(run, checkpoint, assert_refused):
    assert run("similarity", "a", "b", "--dimension", "256")[0] == 0  # tiny has 256
    assert_refused(run("similarity", "a", "b", "--dimension", "256", "--model", checkpoint), "32 to 64")
