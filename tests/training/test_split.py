"""No document, query or group is on both sides of the split."""

import random

import pytest

from qwen3_embed_integrations import DataFileError
from qwen3_embed_integrations.training.data import Example
from qwen3_embed_integrations.training.split import read_dev, split_by_group


def example(number, **changes):
    return Example(**{"place": f"line {number}", "query": f"q{number}", "positive": f"p{number}", **changes})


@pytest.mark.parametrize("seed", range(5))
def test_records_with_anything_in_common_stay_together(seed):
    values = random.Random(seed)
    records = [
        example(
            n,
            query=f"q{values.randrange(60)}",
            positive=f"p{values.randrange(60)}",
            group=values.choice(["", f"g{n // 3}"]),
        )
        for n in range(60)
    ]
    try:
        split = split_by_group(records, 0.2, seed)
    except DataFileError:
        return  # all of them are connected: refused, as the test below expects
    assert len(split.train) + len(split.dev) == len(records)
    for kind in ("query", "positive", "group"):
        assert not {getattr(e, kind) for e in split.train} & {getattr(e, kind) for e in split.dev} - {""}


def test_the_share_is_kept_and_the_seed_decides():
    records = [example(n) for n in range(200)]
    first, again, other = (split_by_group(records, 0.1, seed) for seed in (1, 1, 2))
    assert len(first.dev) == 20
    assert first == again
    assert first != other
    assert split_by_group(records, 0, 1).dev == ()


def test_records_that_are_all_connected_are_refused_with_the_remedy():
    with pytest.raises(DataFileError, match="--dev"):
        split_by_group([example(n, group="one") for n in range(10)], 0.1, 0)


def test_a_training_record_whose_negative_is_a_dev_document_is_left_out():
    records = [example(n, negatives=(f"p{(n + 1) % 50}",)) for n in range(50)]
    split = split_by_group(records, 0.1, 3)
    documents = {e.positive for e in split.dev}
    assert split.n_left_out > 0
    assert all(documents.isdisjoint(e.negatives) for e in split.train)


@pytest.mark.parametrize("kind", ["query", "positive"])
def test_a_dev_file_that_shares_a_text_with_the_training_records_is_refused_with_both_lines(write_records, kind):
    record = {"query": "q9", "positive": "p9"}
    path = write_records(
        [{"query": "new", "positive": "newer"}, {**record, kind: getattr(example(1), kind)}], "dev.jsonl"
    )
    with pytest.raises(DataFileError, match=rf"dev.jsonl, line 2: its {kind} is also in line 1"):
        read_dev(path, [example(1), example(2)])


def test_the_dev_set_is_searched_among_training_documents_too():
    dataset = split_by_group([example(n) for n in range(20)], 0.1, 0).dataset(5)
    assert (len(dataset.queries), len(dataset.documents)) == (2, 7)
    assert dataset.tasks == ("", "")
