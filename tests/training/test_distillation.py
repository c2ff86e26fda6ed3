"""A teacher's vectors reach the records as unit vectors of the model's width, and are computed once."""

import numpy as np
import pytest

from qwen3_embed_integrations import DataFileError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.training import TrainingOptions
from qwen3_embed_integrations.training.data import Example
from qwen3_embed_integrations.training.distillation import check_teacher, with_teacher_vectors

FROM_TEACHER = TrainingOptions(loss="cosine", teacher="tiny")
FROM_RECORDS = TrainingOptions(loss="cosine")
CONFIG = EncoderConfig(device="cpu")


def example(number, **changes):
    return Example(**{"place": f"line {number}", "query": f"q{number}?", "positive": f"Text {number}.", **changes})


def with_vectors(n_numbers):
    values = np.random.default_rng(0).standard_normal((4, 2, n_numbers))
    return [example(n, vectors=tuple(map(tuple, both))) for n, both in enumerate(values.tolist())], values


@pytest.mark.parametrize(
    ("examples", "options", "width", "part"),
    [
        ([example(7)], FROM_RECORDS, 64, "line 7 has none. Name a teacher"),
        (with_vectors(48)[0], FROM_RECORDS, 64, "length 48, the model's have 64"),
        ([example(7)], FROM_TEACHER, 1024, "teacher='tiny' has vectors of length 256"),
    ],
)
def test_missing_and_short_vectors_are_refused(examples, options, width, part):
    with pytest.raises(DataFileError) as error:
        check_teacher(examples, CONFIG, options, width)
    assert part in str(error.value)


def test_vectors_of_the_records_are_truncated_to_unit_length(tmp_path):
    examples, values = with_vectors(96)
    check_teacher(examples, CONFIG, FROM_RECORDS, 64)
    got = np.array([e.vectors for e in with_teacher_vectors(examples, CONFIG, FROM_RECORDS, 64, tmp_path / "t.npy")])
    expected = values[..., :64] / np.linalg.norm(values[..., :64], axis=-1, keepdims=True)
    np.testing.assert_allclose(got, expected, atol=1e-6)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tasks", [("",), ("code",), ("code", "qa")])
def test_a_teacher_embeds_each_query_under_its_own_task(tmp_path, tasks):
    examples = [example(n, task=tasks[n % len(tasks)]) for n in range(4)]
    got = with_teacher_vectors(examples, CONFIG, FROM_TEACHER, 64, tmp_path / "teacher.npy")
    teacher = Qwen3Encoder(model="tiny", device="cpu")
    for one in got:
        query = teacher.encode([one.query], "query", task=one.task or None).full_embeddings
        document = teacher.encode([one.positive], "document").full_embeddings
        expected = [truncate_and_normalize(side, 64)[0] for side in (query, document)]
        np.testing.assert_allclose(np.array(one.vectors), expected, atol=2e-6)


def test_a_run_that_resumes_takes_the_stored_vectors(tmp_path):
    cache = tmp_path / "teacher.npy"
    stored = np.zeros((2, 2, 256), dtype=np.float32)
    stored[:, 0, 3] = stored[:, 1, 5] = 2.0
    np.save(cache, stored)
    for one in with_teacher_vectors([example(0), example(1)], CONFIG, FROM_TEACHER, 64, cache):
        np.testing.assert_array_equal(np.array(one.vectors), np.eye(64)[[3, 5]])
