import json
from dataclasses import asdict, replace

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.rag import calibration as module
from qwen3_embed_integrations.rag.calibration import (
    Calibration,
    auroc,
    conformal_floor,
    find_calibration,
    shipped_calibrations,
    store_calibration,
    stored_calibrations,
    user_file,
)
from qwen3_embed_integrations.rag.evidence import WORDS_WEIGHT

ONE = Calibration("cosine", "q3e1-a", "Q: ", "notes", 0.5, 0.05, 60, 20, 0.1, 0.9)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")


@pytest.mark.parametrize(("n", "target", "floor"), [(19, 0.05, 1), (39, 0.05, 2), (99, 0.1, 10), (80, 0.05, 4)])
def test_the_floor_is_the_conformal_quantile(n, target, floor):
    evidence = [float(number) for number in range(n, 0, -1)]
    assert conformal_floor(evidence, target) == floor
    assert sum(one < floor for one in evidence) <= target * n


def test_too_few_questions_are_refused_with_the_number_that_is_needed():
    with pytest.raises(ConfigError, match="at least 19"):
        conformal_floor([1.0] * 18, 0.05)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        conformal_floor([1.0] * 18, 1.0)


def test_auroc_is_the_chance_to_be_higher():
    assert auroc([2, 3], [0, 1]) == 1
    assert auroc([0, 1], [0, 1]) == 0.5
    assert auroc([], [1]) is None


def test_a_floor_is_found_for_its_space_prompt_and_documents_alone():
    store_calibration(ONE)
    assert find_calibration("cosine", "q3e1-a", "Q: ", "notes") == ONE
    others = [
        ("logit", "q3e1-a", "Q: ", "notes"),
        ("cosine", "q3e1-b", "Q: ", "notes"),
        ("cosine", "q3e1-a", "", "notes"),
        ("cosine", "q3e1-a", "Q: ", "other"),
    ]
    assert all(find_calibration(*other) is None for other in others)


def test_a_new_floor_replaces_the_old_one_and_no_other():
    store_calibration(ONE)
    store_calibration(replace(ONE, corpus="other"))
    store_calibration(replace(ONE, floor=0.7))
    assert {one.corpus: one.floor for one in stored_calibrations()} == {"other": 0.5, "notes": 0.7}
    assert not list(user_file().parent.glob("*.part"))


def test_a_star_fits_any_version_of_the_documents():
    store_calibration(replace(ONE, corpus="Python * library"))
    assert find_calibration("cosine", "q3e1-a", "Q: ", "Python 3.13 library")


def test_a_floor_of_evidence_that_was_weighed_otherwise_is_not_used():
    store_calibration(replace(ONE, words_weight=WORDS_WEIGHT / 2))
    assert find_calibration("cosine", "q3e1-a", "Q: ", "notes") is None
    store_calibration(replace(ONE, kind="logit", words_weight=WORDS_WEIGHT / 2))
    assert find_calibration("logit", "q3e1-a", "Q: ", "notes") is not None
    before = [{name: value for name, value in asdict(ONE).items() if name != "words_weight"}]
    user_file().write_text(json.dumps(before))
    assert find_calibration("cosine", "q3e1-a", "Q: ", "notes") is None


@pytest.mark.parametrize("text", ["{", "[1]", '[{"kind": "cosine"}]', "null"])
def test_a_damaged_file_is_an_error_that_says_what_to_do(text):
    user_file().parent.mkdir(parents=True)
    user_file().write_text(text)
    with pytest.raises(ConfigError, match="Delete it and calibrate again"):
        stored_calibrations()


def test_the_shipped_file_is_valid_and_of_known_origin():
    for one in shipped_calibrations():
        assert one.space.startswith("q3e1-")
        assert one.n_answerable >= 19
        assert -1 <= one.floor <= 1 + WORDS_WEIGHT
        assert one.words_weight == WORDS_WEIGHT
