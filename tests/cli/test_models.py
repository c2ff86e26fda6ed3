"""`models` lists every known model within 80 columns, with what is on this machine, and as JSON."""

import json

import pytest

from qwen3_embed_integrations import MODELS, TASKS, Qwen3Encoder
from qwen3_embed_integrations.cli import models


def by_name(cells, out):
    return {line[0]: line for line in cells(out)}


def test_every_model_is_listed_whole_at_80_columns(run, cells, tmp_path):
    code, out, _ = run("models", "--cache-folder", tmp_path / "hub")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "…" not in out
    lines = by_name(cells, out)
    assert lines["tiny"] == ["tiny", "10", "M", "2", "256", "8,192", "0.04", "/", "0.02", "Apache-2.0", "bundled"]
    assert lines["8B"] == ["8B", "7.6", "B", "36", "4096", "40,960", "30.27", "/", "15.13", "Apache-2.0", "no"]
    assert lines.keys() >= MODELS.keys()


def test_a_cached_model_is_shown_with_its_size(run, cells, tmp_path):
    snapshot = tmp_path / "hub/models--Qwen--Qwen3-Embedding-4B/snapshots/abc"
    snapshot.mkdir(parents=True)
    with (snapshot / "model.safetensors").open("wb") as file:
        file.truncate(200_000_000)
    (tmp_path / "hub/models--Qwen--Qwen3-Embedding-4B/refs").mkdir()
    (tmp_path / "hub/models--Qwen--Qwen3-Embedding-4B/refs/main").write_text("abc")
    _, out, _ = run("models", "--cache-folder", tmp_path / "hub")
    assert by_name(cells, out)["4B"][-2:] == ["0.2", "GB"]
    described = json.loads(run("models", "--cache-folder", tmp_path / "hub", "--json")[1])
    assert [(one["name"], one["cached_bytes"]) for one in described if one["cached_bytes"]] == [("4B", 200_000_000)]


def test_json_describes_every_model(run):
    code, out, notes = run("models", "--json")
    assert (code, notes) == (0, "")
    described = {one["name"]: one for one in json.loads(out)}
    assert described.keys() == {"tiny", *MODELS}
    assert [name for name, one in described.items() if one["is_bundled"]] == ["tiny"]
    assert described["0.6B"]["float32_bytes"] == 4 * MODELS["0.6B"].n_parameters


@pytest.mark.parametrize(
    ("harmful", "note"),
    [
        ((), ()),
        (("sts", "code"), ("Values of --task that make tiny worse: sts, code.",)),
        (
            tuple(name for name in TASKS if name != "web"),
            ("Of the values of --task, tiny knows web; others make it worse.",),
        ),
        (tuple(TASKS), ("Of the values of --task, tiny knows none; others make it worse.",)),
    ],
    ids=["none", "two", "all but one", "all"],
)
def test_a_note_says_which_tasks_make_tiny_worse(monkeypatch, harmful, note):
    monkeypatch.setattr(models, "_harmful_tasks", lambda _: harmful)
    assert models._task_notes() == note


def test_json_lists_the_tasks_that_make_the_bundled_model_worse(run):
    described = {one["name"]: one for one in json.loads(run("models", "--json")[1])}
    effects = Qwen3Encoder(model="tiny").model_info.task_effects
    assert described["tiny"]["harmful_tasks"] == [name for name, effect in effects.items() if effect.is_harmful]
    assert described["0.6B"]["harmful_tasks"] == []
