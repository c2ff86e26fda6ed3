"""Tables fold what is too long and cut nothing; texts in them are shown as written."""

import pytest
from rich.text import Text

from qwen3_embed_integrations.cli.tables import show_json, show_metrics, show_table
from qwen3_embed_integrations.evaluation import RetrievalMetrics

METRICS = RetrievalMetrics(4096, 1.0, 1.0, 1.0, 1.0, 1.0)


@pytest.fixture
def metrics_at(capsys, monkeypatch):
    def show(width):
        monkeypatch.setenv("COLUMNS", str(width))
        show_metrics({"before": [METRICS], "after": [METRICS]})
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("width", [80, 60, 40])
def test_a_table_of_metrics_is_never_cut(metrics_at, width):
    out = metrics_at(width)
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    assert sorted(filter(str.isdigit, out)) == sorted(filter(str.isdigit, metrics_at(200)))


def test_a_single_model_is_not_named_on_each_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    show_metrics({"a/very-long-name": [METRICS]})
    assert "very" not in capsys.readouterr().out


def test_cells_are_shown_as_written_and_act_on_no_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    show_table({"name": False, "n": True}, [["[red]a[/b]", Text("1")], ["\x1b]0;x\x07", "2"]], ["[note]"])
    out = capsys.readouterr().out
    assert "[red]a[/b]" in out
    assert "[note]" in out
    assert "\x1b" not in out
    assert r"\x1b]0;x\x07" in out


def test_json_is_readable_and_keeps_letters(capsys):
    show_json({"text": "naïve"})
    assert capsys.readouterr().out == '{\n  "text": "naïve"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        show_json(float("nan"))
