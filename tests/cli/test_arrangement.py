"""Panels, short flags and defaults name options that exist, each of them once."""

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.bulk import BulkOptions
from qwen3_embed_integrations.cli.app import app
from qwen3_embed_integrations.cli.arrangement import COMMANDS, PANELS, SHORT_FLAGS
from qwen3_embed_integrations.cli.chunk_study import ChunkStudyOptions
from qwen3_embed_integrations.cli.doctor import DoctorOptions
from qwen3_embed_integrations.cli.evaluate import EvalOptions
from qwen3_embed_integrations.cli.models import ModelsOptions
from qwen3_embed_integrations.cli.similarity import SimilarityOptions
from qwen3_embed_integrations.rag import CalibrateOptions, RagOptions
from qwen3_embed_integrations.server import ServeOptions
from qwen3_embed_integrations.training import TrainingOptions

MODELS = {
    "rag": RagOptions,
    "calibrate": CalibrateOptions,
    "chunk-study": ChunkStudyOptions,
    "similarity": SimilarityOptions,
    "eval": EvalOptions,
    "train": TrainingOptions,
    "doctor": DoctorOptions,
    "embed": BulkOptions,
    "serve": ServeOptions,
    "models": ModelsOptions,
}


def options_of(command):
    offered = app[command].assemble_argument_collection(parse_docstring=True)
    return {one.keys[-1] for one in offered if one.keys}


def test_every_command_is_arranged():
    assert {name for name in app if not name.startswith("-")} == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_only_options_that_it_has(command):
    arrangement, known = COMMANDS[command], options_of(command)
    assert 2 <= len(arrangement.common) == len(set(arrangement.common)) <= 10
    assert set(arrangement.common) | set(arrangement.defaults) | set(arrangement.implied) <= known
    assert {name for name, _ in arrangement.implied.values()} <= known
    assert (
        set(arrangement.left_out) <= EncoderConfig.model_fields.keys() | RagOptions.model_fields.keys() | PANELS.keys()
    )
    assert not set(arrangement.left_out) & known


@pytest.mark.parametrize("command", COMMANDS)
def test_defaults_and_implied_values_are_valid(command):
    arrangement = COMMANDS[command]
    typed = {**arrangement.defaults, **dict(arrangement.implied.values())}
    if "backend" in typed:
        typed["base_url"] = "http://127.0.0.1:1/v1"
    config = EncoderConfig(**{name: value for name, value in typed.items() if name in EncoderConfig.model_fields})
    assert {name: getattr(config, name) for name in typed} == typed


def test_no_option_is_in_two_panels_and_no_short_flag_is_of_two_options():
    named = [name for names in PANELS.values() for name in names]
    assert len(named) == len(set(named))
    assert len(SHORT_FLAGS) == len(set(SHORT_FLAGS.values()))


def test_no_panel_names_an_option_that_is_gone():
    known = set(EncoderConfig.model_fields).union(*(model.model_fields for model in MODELS.values()))
    assert {name for names in PANELS.values() for name in names} <= known
