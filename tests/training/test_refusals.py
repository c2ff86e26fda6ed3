"""What can't be trained is refused before any time is spent, and no model folder is left."""

import json

import pytest

from qwen3_embed_integrations import ConfigError, DataFileError, MissingExtraError, TrainingError
from qwen3_embed_integrations.training import TrainingOptions, memory, run_directory, train
from training_examples import records_of


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"epoch": 3}, "Did you mean 'epochs'?"),
        ({"batch_size": 1}, "batch_size=1"),
        ({"teacher": "tiny"}, "teacher is for loss='mse' or 'cosine'"),
        ({"loss": "mse", "mine_negatives": 2}, "mine_negatives is for"),
        ({"keep_adapter": True}, "set lora_rank"),
        ({"dev_share": 0, "patience": 2}, "patience needs a dev set"),
        ({"dev": "dev.jsonl", "dev_share": 0}, "contradict"),
    ],
)
def test_options_that_don_t_fit_together_are_refused(options, part):
    with pytest.raises(ConfigError) as error:
        TrainingOptions(**options)
    assert part in str(error.value)


@pytest.mark.parametrize(
    ("options", "error", "part"),
    [
        ({"dimensions": [16]}, ConfigError, "32 to 64"),
        ({"dimensions": [65]}, ConfigError, "32 to 64"),
        ({"loss": "triplet"}, DataFileError, "needs a negative"),
        ({"loss": "mse"}, DataFileError, "Name a teacher"),
        ({"device": "cuda:9"}, ConfigError, "can't be used here"),
        ({"mine_negatives": 10, "dev_share": 0, "n_records": 9}, TrainingError, "too few to mine"),
        ({"lora_rank": 4, "lora_targets": ["qproj"]}, ConfigError, "q_proj"),
        ({"model": "tony"}, FileNotFoundError, "tiny"),
    ],
)
def test_what_the_model_or_the_records_can_t_serve_is_refused(fine_tune, tmp_path, options, error, part):
    records = records_of(options.pop("n_records", 40))
    if device := options.pop("device", None):
        from qwen3_embed_integrations import EncoderConfig

        path = tmp_path / "records.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        with pytest.raises(error, match=part):
            train(EncoderConfig(model="tiny", device=device), data=[path], output=tmp_path / "model")
    else:
        with pytest.raises(error, match=part):
            fine_tune(records, **options)
    assert not (tmp_path / "model").exists()


def test_an_output_that_exists_is_refused(fine_tune, tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(TrainingError, match="already exists"):
        fine_tune()


def test_a_model_that_does_not_fit_is_refused_with_metrics_and_remedy(fine_tune, monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_free", lambda _: 2**20)
    with pytest.raises(TrainingError, match=r"needs at least 0\.0 GiB .* Set lora_rank"):
        fine_tune()
    with pytest.raises(TrainingError, match="smaller model or another machine"):
        fine_tune(lora_rank=2)
    assert list(tmp_path.iterdir()) == []


def test_memory_that_runs_out_in_a_step_names_what_to_lower():
    assert "mini_batch_tokens" in str(memory.out_of_memory(MemoryError()))
    assert memory.out_of_memory(RuntimeError("another")) is None


def test_an_adapter_can_t_be_trained_further(fine_tune, tmp_path):
    adapter = fine_tune(lora_rank=2, keep_adapter=True, output=tmp_path / "adapter").output
    with pytest.raises(ConfigError, match="is a LoRA adapter"):
        fine_tune(model=adapter)


def test_symmetric_and_other_tasks_are_trained_apart(fine_tune):
    records = [{**record, "task": ("code", "sts")[number % 2]} for number, record in enumerate(records_of(40))]
    with pytest.raises(DataFileError, match="train them apart"):
        fine_tune(records)


def test_another_process_on_the_same_output_is_refused(fine_tune, tmp_path):
    held = run_directory.RunDirectory(tmp_path / "model", {}, fresh=False)
    with pytest.raises(TrainingError, match="Another process"):
        fine_tune()
    held.close()


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr("qwen3_embed_integrations.training.find_spec", lambda name: name != "datasets" or None)
    with pytest.raises(MissingExtraError, match=r"'datasets' is not installed.*\[train\]"):
        train(data=["records.jsonl"])
