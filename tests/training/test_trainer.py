"""The steps of the schedule move the model, and a run that resumes ends where an unbroken one did."""

import pytest
import torch

from qwen3_embed_integrations.training.run_directory import RunDirectory
from qwen3_embed_integrations.training.trainer import fit


@pytest.fixture
def work(tmp_path):
    directory = RunDirectory(tmp_path / "model", {}, fresh=False)
    yield directory
    directory.close()


def weights_of(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


@pytest.mark.parametrize("dev_share", [0, 0.2])
def test_the_schedules_steps_are_run_and_the_end_is_a_checkpoint(make_plan, load, work, dev_share):
    made = make_plan(dev_share=dev_share, evaluations=2)
    model = load(made)
    before, limit = weights_of(model), model.max_seq_length
    assert fit(model, made, made.split, work) == made.schedule.n_steps(len(made.split.train))
    assert (weights_of(model) - before).abs().max() > 1e-4
    assert model.max_seq_length == limit
    assert work.last_checkpoint() is not None
    assert list((work.folder / "runs").glob("events.out.tfevents.*"))


def test_a_run_that_resumes_ends_in_the_same_weights(make_plan, load, work):
    made = make_plan(dev_share=0, evaluations=2, loss="ranking")
    unbroken, resumed = load(made), load(made)
    n_steps = fit(unbroken, made, made.split, work)
    last = work.last_checkpoint()
    (last / "trainer_state.json").unlink()  # as if the process had been killed while it wrote the last checkpoint
    assert int(work.last_checkpoint().name.rpartition("-")[2]) < n_steps
    assert fit(resumed, made, made.split, work) == n_steps
    torch.testing.assert_close(weights_of(resumed), weights_of(unbroken), rtol=0, atol=1e-6)
