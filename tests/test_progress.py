import sys

import pytest

from qwen3_embed_integrations import MissingExtraError
from qwen3_embed_integrations.progress import progress_bar


def test_a_bar_that_is_not_shown_draws_nothing(capsys):
    with progress_bar(3, unit="text", description="Embedding", shown=False) as on_progress:
        assert on_progress is None
    assert capsys.readouterr().err == ""


def test_a_bar_counts_what_is_done_and_ends_full(capsys):
    with progress_bar(3, unit="text", description="Embedding", shown=True) as on_progress:
        on_progress(1)
    shown = capsys.readouterr().err
    assert "Embedding" in shown
    assert "3/3" in shown


def test_an_error_leaves_the_bar_where_it_was(capsys):
    def fail_after_one():
        with progress_bar(3, unit="text", description="E", shown=True) as on_progress:
            on_progress(1)
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail_after_one()
    assert "3/3" not in capsys.readouterr().err


def test_without_tqdm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with (
        pytest.raises(MissingExtraError, match=r"qwen3-embed-integrations\[cli\]"),
        progress_bar(3, unit="text", description="E", shown=True),
    ):
        pass
