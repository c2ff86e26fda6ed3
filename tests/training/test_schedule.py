"""Open options are chosen by the records and the model; what the user gives is kept."""

import pytest

from qwen3_embed_integrations.training import TrainingOptions
from qwen3_embed_integrations.training.schedule import Schedule

TINY, LARGE = 11_000_000, 596_000_000


@pytest.mark.parametrize("n_records", [2, 20, 120, 323, 1_000, 1_891, 5_000, 100_000])
def test_little_data_is_passed_often_and_much_data_once(n_records):
    schedule = Schedule.of(TrainingOptions(), n_records, TINY)
    assert 16 <= schedule.batch_size <= 64
    assert 1 <= schedule.epochs <= 10
    if n_records >= 323:
        assert schedule.n_steps(n_records) >= 75
    assert (schedule.epochs == 1) == (n_records >= 5_000)


def test_a_small_model_and_a_lora_learn_faster():
    rates = [
        Schedule.of(TrainingOptions(lora_rank=rank), 500, n).learning_rate for n in (TINY, LARGE) for rank in (None, 8)
    ]
    assert rates == [1e-3, 5e-3, 5e-5, 2.5e-4]


def test_what_is_given_is_kept():
    options = TrainingOptions(epochs=0.5, batch_size=7, learning_rate=0.25)
    assert Schedule.of(options, 323, TINY) == Schedule(0.5, 7, 0.25)


def test_steps_are_counted_whole():
    assert Schedule(2, 64, 1e-3).n_steps(323) == 12
    assert Schedule(0.5, 64, 1e-3).n_steps(323) == 3
