"""What a folder says of task presets counts for its own weights alone; the bundled model says it of every preset."""

import json
from importlib.resources import files

import pytest

from qwen3_embed_integrations import TASKS, CheckpointError, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.task_effects import FILE_NAME, read_task_effects
from qwen3_embed_integrations.core.task_effects import TaskEffect

STORED = {"dataset": "pairs", "metric": "Spearman x 100", "without": 77.8, "with": 62.6, "difference_at_most": -13.0}


def written(folder, stored):
    (folder / FILE_NAME).write_text(json.dumps(stored), encoding="utf-8")
    return read_task_effects(folder, "abc")


def test_effects_are_read_for_the_weights_they_were_measured_with(tmp_path):
    effect = TaskEffect("pairs", "Spearman x 100", without=77.8, with_task=62.6, difference_at_most=-13.0)
    assert read_task_effects(tmp_path, "abc") == {}
    assert written(tmp_path, {"weights": "abc", "tasks": {"sts": STORED, "unknown": STORED}}) == {"sts": effect}
    assert read_task_effects(tmp_path, "other") == {}


@pytest.mark.parametrize(
    "stored",
    [
        [],
        {"weights": "abc"},
        {"weights": "abc", "tasks": [STORED]},
        {"weights": "abc", "tasks": {"sts": None}},
        {"weights": "abc", "tasks": {"sts": {**STORED, "with": "62.6"}}},
        {"weights": "abc", "tasks": {"sts": {**STORED, "dataset": 3}}},
    ],
    ids=["list", "no tasks", "list of tasks", "null", "string", "number"],
)
def test_what_fits_no_effect_is_passed_over(tmp_path, stored):
    assert written(tmp_path, stored) == {}


def test_names_are_made_safe_and_a_damaged_file_is_refused(tmp_path):
    (effect,) = written(tmp_path, {"weights": "abc", "tasks": {"sts": {**STORED, "dataset": "\x1b[2J"}}}).values()
    assert effect.dataset == r"\x1b[2J"
    (tmp_path / FILE_NAME).write_text("{")
    with pytest.raises(CheckpointError, match=FILE_NAME):
        read_task_effects(tmp_path, "abc")


def test_the_bundled_model_was_measured_with_every_preset():
    """Fails after new weights: run `python benchmarks/task_presets.py`, whose docstring says with which data."""
    info = Qwen3Encoder(model="tiny").model_info
    stored = json.loads((files("qwen3_embed_integrations") / "models" / "tiny" / FILE_NAME).read_text("utf-8"))
    assert stored["weights"] == info.weights
    assert set(info.task_effects) == set(TASKS)
