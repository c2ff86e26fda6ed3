"""Calls beyond the limit are refused at once; every end of a call makes room."""

from concurrent.futures import Future

import pytest

from qwen3_embed_integrations import OverloadedError
from qwen3_embed_integrations.scheduling.admission import Admission


def test_a_call_beyond_the_limit_is_refused_and_never_started():
    admission, started = Admission(), []

    def start():
        started.append(Future())
        return started[-1]

    for _ in range(2):
        admission.admitted(2, start)
    with pytest.raises(OverloadedError, match=r"2 calls wait.*max_waiting_calls is 2"):
        admission.admitted(2, start)
    assert len(started) == 2
    assert admission.admitted(None, start) is started[-1]


@pytest.mark.parametrize(
    "end",
    [lambda call: call.set_result(None), lambda call: call.set_exception(ValueError("no")), Future.cancel],
    ids=["result", "error", "cancelled"],
)
def test_a_call_that_ends_in_any_way_makes_room(end):
    admission = Admission()
    end(admission.admitted(1, Future))
    assert not admission.admitted(1, Future).done()


def test_a_call_that_fails_to_start_takes_no_room():
    admission = Admission()

    def broken():
        raise ValueError("not started")

    with pytest.raises(ValueError, match="not started"):
        admission.admitted(1, broken)
    assert not admission.admitted(1, Future).done()
