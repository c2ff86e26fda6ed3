"""Draw the progress bar of a run on standard error: steps, loss, and the last nDCG@10 of the dev set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import logging as transformers_logging

from .dev_evaluator import BEST


class ProgressBar(TrainerCallback):
    """One progress bar for the whole run, which starts at the step that the run resumes from."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._shown: dict[str, str] = {}

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Open the bar."""
        del args, control
        self._bar = tqdm(total=state.max_steps, initial=state.global_step, desc="Training", unit="step")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Advance the bar."""
        del args, control
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Show the last loss and the last dev nDCG@10 behind the bar."""
        del args, state, control
        if self._bar is None or not logs:
            return
        if "loss" in logs:
            self._shown["loss"] = f"{float(logs['loss']):.3f}"
        if (figure := logs.get(f"eval_{BEST}")) is not None:
            self._shown["dev nDCG@10"] = f"{100 * float(figure):.1f}"
        self._bar.set_postfix(self._shown)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Close the bar."""
        del args, state, control
        if self._bar is not None:
            self._bar.close()


@contextmanager
def one_bar_only() -> Iterator[None]:
    """Silence transformers' own bars (loading, saving) and hints while the block runs."""
    was_drawn, verbosity = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call] # transformers'
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers'
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if was_drawn:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call] # transformers'
