"""A run's folder is locked, resumes under the same settings only, and becomes the model in one rename."""

import pytest

from qwen3_embed_integrations import TrainingError
from qwen3_embed_integrations.training.run_directory import RunDirectory, check_output


def test_a_value_is_made_once_and_found_again(tmp_path):
    for _ in range(2):
        work = RunDirectory(tmp_path / "model", {"seed": 1}, fresh=False)
        assert work.remembered("before", lambda: [1.5]) == [1.5]
        work.close()
    work = RunDirectory(tmp_path / "model", {"seed": 1}, fresh=False)
    assert work.remembered("before", lambda: ["other"]) == [1.5]
    work.close()


def test_other_settings_are_refused_by_name(tmp_path):
    RunDirectory(tmp_path / "model", {"seed": 1}, fresh=False).close()
    with pytest.raises(TrainingError, match=r"seed: then 1, now 2.*--fresh"):
        RunDirectory(tmp_path / "model", {"seed": 2}, fresh=False)


def test_the_model_is_published_in_one_step_and_the_rest_deleted(tmp_path):
    work = RunDirectory(tmp_path / "model", {}, fresh=False)
    staging = work.staging()
    (staging / "weights").write_text("w")
    work.publish(staging)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model/weights").read_text() == "w"


def test_an_output_that_exists_or_can_t_be_created_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="already exists"):
        check_output(tmp_path / "file")
    with pytest.raises(TrainingError, match="can't be created"):
        check_output(tmp_path / "file" / "below" / "model")
