"""A plan writes nothing, and its fingerprint changes with whatever decides the result."""

import pytest

from qwen3_embed_integrations import DataFileError, TrainingError
from training_examples import records_of


def test_a_plan_writes_nothing(make_plan, tmp_path):
    made = make_plan()
    assert list(tmp_path.iterdir()) == []
    assert len(made.split.train) + len(made.split.dev) == 40
    assert (made.device.type, made.schedule.batch_size) == ("cpu", 8)


def test_the_fingerprint_is_of_contents_not_of_names(make_plan, tmp_path):
    first = make_plan()
    again = make_plan(output=tmp_path / "other", fresh=True)
    assert first.options.data != again.options.data
    assert first.fingerprint() == again.fingerprint()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"records": records_of(39)}, {"records", "dev records"}),
        ({"epochs": 2}, {"epochs"}),
        ({"seed": 1}, {"seed", "records", "dev records"}),
        ({"task": "code"}, {"prompts"}),
        ({"temperature": 0.1}, {"temperature"}),
    ],
)
def test_whatever_decides_the_result_changes_the_fingerprint(make_plan, change, names):
    first, other = make_plan().fingerprint(), make_plan(**change).fingerprint()
    assert {name for name in first if first[name] != other[name]} == names


def test_other_weights_change_the_fingerprint(make_plan, make_checkpoint):
    first, other = (make_plan(model=make_checkpoint(seed=seed)).fingerprint()["model"] for seed in (1, 2))
    assert first.split()[-1] != other.split()[-1]


def test_what_cant_start_is_refused(make_plan, tmp_path):
    with pytest.raises(DataFileError, match="needs a negative"):
        make_plan(loss="triplet")
    with pytest.raises(DataFileError, match="Name a teacher"):
        make_plan(loss="mse")
    (tmp_path / "model").mkdir()
    with pytest.raises(TrainingError, match="already exists"):
        make_plan()
