import json

import pytest
from transformers.utils import logging as transformers_logging

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.training import train
from training_examples import records_of

transformers_logging.disable_progress_bar()


@pytest.fixture(scope="session")
def write_records(tmp_path_factory):
    def write(records, name="records.jsonl"):
        path = tmp_path_factory.mktemp("records") / name
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
        return path

    return write


@pytest.fixture
def fine_tune(checkpoint, write_records, tmp_path):
    """Trains the small random model on a few records; options override."""

    def run(records=None, model=None, task=None, **options):
        settings = {
            "data": [write_records(records_of(40) if records is None else records)],
            "output": tmp_path / "model",
            "dev_share": 0.2,
            "batch_size": 8,
            "max_tokens": 48,
            "learning_rate": 1e-3,
            "epochs": 1,
            "evaluations": 1,
            "dimensions": [32],
        }
        return train(EncoderConfig(model=str(model or checkpoint), task=task), **{**settings, **options})

    return run
