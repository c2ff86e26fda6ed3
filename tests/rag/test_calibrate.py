import json

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.errors import DataFileError
from qwen3_embed_integrations.rag import CalibrateOptions, RagOptions, calibration
from qwen3_embed_integrations.rag.calibrate import calibrate, calibrated, read_questions
from qwen3_embed_integrations.rag.calibration import stored_calibrations

KEY = ("cosine", "q3e1-a", "Q: ")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "cache_folder", lambda: tmp_path / "cache")


def test_what_is_measured_is_stored(docs, tmp_path, checkpoint):
    questions, others = tmp_path / "answered.jsonl", tmp_path / "others.txt"
    asked = [f"When are invoices sent in month {number}?" for number in range(20)]
    questions.write_text("".join(json.dumps({"question": one, "documents": ["billing.md"]}) + "\n" for one in asked))
    others.write_text("Where is the moon?\n\nWho wrote Faust?\n")
    options = RagOptions(docs=docs, index=tmp_path / "ix")
    given = CalibrateOptions(questions=questions, unanswerable=others)
    measured = calibrate(EncoderConfig(model=str(checkpoint)), options, given)
    assert len(measured.answerable) == 20
    assert len(measured.unanswerable) == 2
    assert sum(one < measured.calibration.floor for one in measured.answerable) <= 1
    assert stored_calibrations() == [measured.calibration]
    assert measured.calibration.fits("cosine", measured.calibration.space, measured.calibration.query_prompt, str(docs))


def test_the_rates_are_counted_at_the_floor():
    found = calibrated([0.5] * 39, [0.4, 0.5, 0.6, 0.3], target_miss=0.05, key=KEY, corpus="notes")
    assert (found.floor, found.false_answers, found.auroc) == (0.5, 0.5, pytest.approx(0.625))
    assert not found.is_separable
    assert calibrated([0.5] * 39, [], target_miss=0.05, key=KEY, corpus="notes").false_answers is None


def test_the_floor_stands_between_questions_with_and_without_an_answer():
    apart = calibrated([0.8] * 39, [0.4, 0.2], target_miss=0.05, key=KEY, corpus="notes")
    assert (apart.floor, apart.false_answers) == (pytest.approx(0.6), 0.0)
    all_but_one = calibrated([0.8] * 39, [0.7, *[0.2] * 9], target_miss=0.05, key=KEY, corpus="notes")
    assert (all_but_one.floor, all_but_one.false_answers) == (pytest.approx(0.5), 0.1)
    above = calibrated([0.5] * 39, [0.6], target_miss=0.05, key=KEY, corpus="notes")
    assert above.floor == calibrated([0.5] * 39, [], target_miss=0.05, key=KEY, corpus="notes").floor == 0.5


def test_the_question_that_sets_the_floor_is_answered():
    evidence = [2 / 3] * 39
    floor = calibrated(evidence, [], target_miss=0.05, key=KEY, corpus="notes").floor
    assert 2 / 3 - 1e-6 < floor <= 2 / 3


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "holds no questions"), ('{"text": 1}', "line 1 has no"), ("{", "can't be read"), (b"\xff\xfe\xff", "read")],
)
def test_a_malformed_file_is_refused(tmp_path, text, message):
    path = tmp_path / "q"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataFileError, match=message):
        read_questions(path)
    with pytest.raises(DataFileError, match="can't be read"):
        read_questions(tmp_path / "none")


def test_too_few_questions_are_refused_before_anything_is_written(docs, tmp_path, checkpoint):
    (tmp_path / "q").write_text("One?\n")
    options = RagOptions(docs=docs, index=tmp_path / "ix")
    for given, message in (({}, "give --questions"), ({"questions": tmp_path / "q"}, "at least 19")):
        with pytest.raises(ConfigError, match=message):
            calibrate(EncoderConfig(model=str(checkpoint)), options, CalibrateOptions(**given))
    assert not (tmp_path / "ix").exists()
