"""Small requests first; those that share no batch are cut in the same way each time."""

import pytest

from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.scheduling.batch_choice import BatchChoice
from qwen3_embed_integrations.scheduling.pending_request import PendingRequest


def waiting(*lengths, alone=False):
    pending = PendingRequest(EmbedRequest([str(one) for one in lengths], 4096, alone=alone))
    pending.queue([[7] * one for one in lengths], 0)
    return pending


def sizes(batch):
    return [sequence.length for _, sequence in batch]


def test_a_query_goes_first_and_is_not_filled_up_with_a_part_of_documents():
    documents, query = waiting(300, 300, 300, 300), waiting(5)
    assert sizes(BatchChoice(1000).fill([documents, query], 1000)) == [5]


def test_only_small_requests_give_way():
    choice = BatchChoice(1000)
    documents, queries = waiting(300, 300), [waiting(100), waiting(120), waiting(200)]
    assert sizes(choice.fill_small([documents, *queries])) == [100, 120]
    assert choice.fill_small([documents]) == []


@pytest.mark.parametrize("others", [[], [(5,)], [(400, 500), (2,)]])
def test_a_request_that_shares_no_batch_is_cut_alike_whatever_waits(others):
    choice, alone = BatchChoice(1000), waiting(600, 300, 200, 50, alone=True)
    pending, batches = [alone, *(waiting(*one) for one in others)], []
    while alone.n_waiting:
        batch = choice.fill([one for one in pending if one.n_waiting], 100)
        batches += [sizes(batch)] if batch[0][0] is alone else []
        assert len({id(one) for one, _ in batch}) == 1 or alone not in {one for one, _ in batch}
    assert batches == [[600, 300], [200, 50]]
    assert not choice.is_small(waiting(5, alone=True))
