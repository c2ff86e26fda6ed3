import json

import pytest
import torch
from transformers.utils import logging as transformers_logging

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.training import TrainingOptions, train
from qwen3_embed_integrations.training.model import load_model
from qwen3_embed_integrations.training.plan import plan_training
from training_examples import records_of

transformers_logging.disable_progress_bar()


@pytest.fixture(scope="session")
def write_records(tmp_path_factory):
    def write(records, name="records.jsonl"):
        path = tmp_path_factory.mktemp("records") / name
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
        return path

    return write


def small_run(write_records, folder, records):
    """Return the options of a short training on a few records."""
    return {
        "data": [write_records(records_of(40) if records is None else records)],
        "output": folder / "model",
        "dev_share": 0.2,
        "batch_size": 8,
        "max_tokens": 48,
        "learning_rate": 1e-3,
        "epochs": 1,
        "evaluations": 1,
    }


@pytest.fixture
def fine_tune(checkpoint, write_records, tmp_path):
    """Trains the small random model on a few records; options override."""

    def run(records=None, model=None, task=None, **options):
        settings = {**small_run(write_records, tmp_path, records), "dimensions": [32]}
        return train(EncoderConfig(model=str(model or checkpoint), task=task), **{**settings, **options})

    return run


@pytest.fixture
def make_plan(checkpoint, write_records, tmp_path):
    """Plans a training of the small random model on a few records, without running it; options override."""

    def make(records=None, model=None, task=None, **options):
        settings = small_run(write_records, tmp_path, records)
        config = EncoderConfig(model=str(model or checkpoint), task=task, device="cpu")
        return plan_training(config, TrainingOptions(**{**settings, **options}))

    return make


@pytest.fixture
def load():
    """Loads the model of a plan on the CPU."""
    return lambda made: load_model(made.base, made.prompting, torch.device("cpu"))
