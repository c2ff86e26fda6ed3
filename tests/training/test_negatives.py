"""A mined negative is a document that is no answer; records without enough of them are left out."""

import pytest

from qwen3_embed_integrations import TrainingError
from qwen3_embed_integrations.training.data import Example
from qwen3_embed_integrations.training.negatives import mine, with_negatives


def example(number, **changes):
    return Example(**{"place": f"line {number}", "query": f"q{number}", "positive": f"p{number}", **changes})


def test_mined_texts_are_other_documents_the_most_similar_first(make_plan, load):
    made = make_plan(mine_negatives=2, mine_margin=0.0)
    model, examples = load(made), made.split.train
    mined = mine(model, examples, made.options, made.prompting, 8)
    documents = {one.positive for one in examples}
    assert len(mined) == len(examples)
    assert any(mined)
    for one, texts in zip(examples, mined, strict=True):
        if texts:
            assert len(set(texts)) == 2
            assert set(texts) <= documents - {one.positive}
            scores = model.encode_query([one.query]) @ model.encode_document([one.positive, *texts]).T
            assert scores[0, 0] + 1e-5 >= scores[0, 1] >= scores[0, 2] - 1e-5


def test_too_few_documents_are_refused(make_plan, load):
    made = make_plan(mine_negatives=2)
    examples = [example(number) for number in range(3)]
    with pytest.raises(TrainingError, match="3 documents are too few to mine 2 negatives from"):
        mine(load(made), examples, made.options, made.prompting, 8)


def test_mined_texts_follow_a_records_own_and_never_equal_its_query():
    examples = [example(0, negatives=("own",)), example(1), example(2), example(3)]
    kept = with_negatives(examples, [["a", "b"], ["q1"], [], ["c"]])
    assert [(one.query, one.negatives) for one in kept] == [("q0", ("own", "a", "b")), ("q3", ("c",))]


def test_a_run_that_would_lose_most_records_is_refused():
    with pytest.raises(TrainingError, match=r"Only 1 of 3 records .* Lower mine_margin or mine_negatives"):
        with_negatives([example(number) for number in range(3)], [["a"], [], []])
