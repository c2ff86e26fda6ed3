"""One bar shows the steps, the loss and the dev set's metric; other bars are silent only meanwhile."""

import pytest
from transformers import TrainerControl, TrainerState
from transformers.utils import logging as transformers_logging

from qwen3_embed_integrations.training.progress import ProgressBar, one_bar_only


def test_the_bar_goes_on_where_the_run_resumes_and_keeps_the_last_figures(capsys):
    bar, state, control = ProgressBar(), TrainerState(max_steps=10, global_step=4), TrainerControl()
    bar.on_train_begin(None, state, control)
    for step in (5, 6):
        state.global_step = step
        bar.on_step_end(None, state, control)
    bar.on_log(None, state, control, {"loss": 0.12345})
    bar.on_log(None, state, control, {"eval_ndcg_at_10": 0.5})
    bar.on_train_end(None, state, control)
    out, drawn = capsys.readouterr()
    assert out == ""
    assert "4/10" in drawn.split("\r")[1]
    last = drawn.rstrip().split("\r")[-1]
    assert last.startswith("Training:")
    assert "6/10" in last
    assert "loss=0.123" in last
    assert "dev nDCG@10=50.0" in last


def test_events_before_the_run_draw_nothing(capsys):
    bar, state, control = ProgressBar(), TrainerState(max_steps=10), TrainerControl()
    bar.on_step_end(None, state, control)
    bar.on_log(None, state, control, {"loss": 1.0})
    bar.on_train_end(None, state, control)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("was_drawn", [True, False])
def test_other_bars_and_hints_come_back_even_after_an_error(was_drawn):
    (transformers_logging.enable_progress_bar if was_drawn else transformers_logging.disable_progress_bar)()
    verbosity = transformers_logging.get_verbosity()
    try:
        with one_bar_only():
            assert not transformers_logging.is_progress_bar_enabled()
            assert transformers_logging.get_verbosity() == transformers_logging.ERROR
        with pytest.raises(KeyError), one_bar_only():
            raise KeyError
        assert transformers_logging.is_progress_bar_enabled() == was_drawn
        assert transformers_logging.get_verbosity() == verbosity
    finally:
        transformers_logging.disable_progress_bar()  # as the tests' conftest sets it
