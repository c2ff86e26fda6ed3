"""A preset that makes a model worse is never taken without a word."""

import warnings

import pytest

from qwen3_embed_integrations import TASKS, CheckpointWarning, EncoderConfig, ModelInfo
from qwen3_embed_integrations.core.task_effects import TaskEffect, harmful_tasks, warn_of_harm

EFFECTS = {
    "sts": TaskEffect("pairs", "Spearman x 100", without=77.8, with_task=62.6, difference_at_most=-13.0),
    "qa": TaskEffect("questions", "nDCG@10 x 100", without=64.1, with_task=64.5, difference_at_most=1.9),
    "bitext": TaskEffect("pairs", "Spearman x 100", without=77.8, with_task=77.4, difference_at_most=-0.1),
    "sql": TaskEffect("questions", "nDCG@10 x 100", without=64.1, with_task=62.0, difference_at_most=0.4),
}


def test_a_preset_is_harmful_from_half_a_point_on_if_the_figures_tell_it():
    assert harmful_tasks(EFFECTS) == ("sts",)
    assert harmful_tasks({}) == ()


def test_the_warning_names_the_preset_and_both_figures():
    with pytest.warns(CheckpointWarning, match=r"task='sts' .* 'tiny' worse: .* 62\.6 .* 77\.8"):
        warn_of_harm("tiny", "sts", EFFECTS)


def test_the_instruction_of_a_harmful_preset_is_warned_of_as_the_preset_is():
    text = TASKS["sts"].instruction
    with pytest.warns(CheckpointWarning, match=rf"task='{text}' .* 'tiny' worse: .* 62\.6 .* 77\.8"):
        warn_of_harm("tiny", text, EFFECTS)


@pytest.mark.parametrize("task", ["qa", "bitext", "sql", "web", "", "Given a joke, find its point"])
def test_no_other_task_is_warned_of(task):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_harm("tiny", task, EFFECTS)


@pytest.mark.parametrize("options", [{"task": "sts"}, {"document_task": "sts"}])
def test_every_way_to_a_prompt_warns(options):
    info = ModelInfo("tiny", "", "", 64, 512, 512, "lasttoken", task_effects=EFFECTS)
    config = EncoderConfig(model="tiny", **options)
    with pytest.warns(CheckpointWarning, match="task='sts'"):
        info.document_prompt(config)
    with pytest.warns(CheckpointWarning, match="task='sts'"):
        info.query_prompt("sts")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert info.query_prompt(None).startswith("Instruct: ")
        assert info.document_prompt(EncoderConfig(model="tiny")) == ""
