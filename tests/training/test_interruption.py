"""A killed run leaves no model folder, and resumes from its last checkpoint when it is called again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import qwen3_embed_integrations
from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder, TrainingError
from qwen3_embed_integrations.training import train
from qwen3_embed_integrations.training.run_directory import RunDirectory
from training_examples import records_of

SOURCE = Path(qwen3_embed_integrations.__file__).parent.parent
OPTIONS = {"dev_share": 0.2, "batch_size": 8, "max_tokens": 48, "learning_rate": 1e-3, "evaluations": 8, "epochs": 8}


def test_a_killed_run_leaves_no_model_and_resumes_to_the_same_one(checkpoint, write_records, tmp_path):
    settings = {**OPTIONS, "data": [str(write_records(records_of(40)))]}
    output, work = tmp_path / "killed", tmp_path / "killed.run"
    code = (
        "import json, sys; from qwen3_embed_integrations import EncoderConfig;"
        "from qwen3_embed_integrations.training import train;"
        "train(EncoderConfig(model=sys.argv[1]), output=sys.argv[2], **json.loads(sys.argv[3]))"
    )
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(checkpoint), str(output), json.dumps(settings)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stderr=subprocess.DEVNULL,
    )
    while not list(work.glob("checkpoints/*/trainer_state.json")):
        assert process.poll() is None, "it ended before its first checkpoint"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not output.exists()

    with pytest.raises(TrainingError, match=r"other settings .epochs: then 8\.0, now 9\.0"):
        train(EncoderConfig(model=str(checkpoint)), output=output, **{**settings, "epochs": 9})
    report = train(EncoderConfig(model=str(checkpoint)), output=output, **settings)
    unbroken = train(EncoderConfig(model=str(checkpoint)), output=tmp_path / "unbroken", **settings)
    assert report.n_steps == unbroken.n_steps
    texts = [record["positive"] for record in records_of(8)]
    records = [Qwen3Encoder(model=str(one.output)).encode_document(texts) for one in (report, unbroken)]
    np.testing.assert_allclose(records[0], records[1], atol=1e-5)
    assert not work.exists()


def test_an_incomplete_checkpoint_is_skipped(checkpoint, tmp_path):
    work = RunDirectory(tmp_path / "model", {}, fresh=False)
    for step, is_whole in ((1, True), (2, True), (3, False)):
        folder = work.checkpoints / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        shutil.copy(checkpoint / "model.safetensors", folder)
        if is_whole:
            (folder / "trainer_state.json").write_text("{}")
    assert work.last_checkpoint().name == "checkpoint-2"
    weights = work.checkpoints / "checkpoint-2/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert work.last_checkpoint().name == "checkpoint-1"
    work.close()


def test_a_failure_while_the_model_is_written_leaves_no_folder(fine_tune, monkeypatch, tmp_path):
    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("qwen3_embed_integrations.training.run.model_card", fail)
        with pytest.raises(OSError, match="No space"):
            fine_tune()
    assert not (tmp_path / "model").exists()
    assert fine_tune().output.is_dir()


def test_fresh_deletes_an_interrupted_run(tmp_path):
    first = RunDirectory(tmp_path / "model", {"seed": 1}, fresh=False)
    first.remembered("before", lambda: [1])
    first.close()
    second = RunDirectory(tmp_path / "model", {"seed": 2}, fresh=True)
    assert second.remembered("before", lambda: [2]) == [2]
    second.close()


def test_early_stopping_ends_a_run_that_no_longer_gains(fine_tune):
    report = fine_tune(learning_rate=1e-9, evaluations=8, epochs=8, patience=2)
    assert report.n_steps < 8 * 4
