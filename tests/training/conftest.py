import json

import pytest
from transformers.utils import logging as transformers_logging

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.training import train
from training_examples import rows_of

transformers_logging.disable_progress_bar()


@pytest.fixture(scope="session")
def write_rows(tmp_path_factory):
    def write(rows, name="rows.jsonl"):
        path = tmp_path_factory.mktemp("rows") / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def fine_tune(checkpoint, write_rows, tmp_path):
    """Trains the small random model on a few rows; options override."""

    def run(rows=None, model=None, task=None, **options):
        settings = {
            "data": [write_rows(rows_of(40) if rows is None else rows)],
            "output": tmp_path / "model",
            "dev_share": 0.2,
            "batch_size": 8,
            "max_tokens": 48,
            "learning_rate": 1e-3,
            "evaluations": 1,
            "dimensions": [32],
        }
        return train(EncoderConfig(model=str(model or checkpoint), task=task), **{**settings, **options})

    return run
