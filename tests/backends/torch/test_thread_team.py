"""A team computes all of its tasks, side by side, and leaves nothing behind."""

import threading
from functools import partial

import pytest
import torch

from qwen3_embed_integrations.backends.torch.thread_team import ThreadTeam

N_THREADS = torch.get_num_threads()


@pytest.fixture(autouse=True)
def _threads_as_before():
    yield
    torch.set_num_threads(N_THREADS)


def test_results_come_in_the_order_of_the_tasks():
    with ThreadTeam(3, of=N_THREADS) as thread_team:
        assert thread_team([partial(pow, number, 2) for number in range(10)]) == [number**2 for number in range(10)]
        assert thread_team([]) == []


def test_its_threads_work_at_the_same_time_with_one_torch_thread_each():
    meeting = threading.Barrier(3, timeout=900)

    def meet():
        meeting.wait()
        return torch.get_num_threads(), torch.is_inference_mode_enabled()

    with torch.inference_mode(), ThreadTeam(3, of=N_THREADS) as thread_team:
        assert thread_team([meet] * 3) == [(1, True)] * 3


def test_an_error_is_raised_when_all_tasks_have_ended():
    done = threading.Event()

    def slow():
        threading.Event().wait(0.1)
        done.set()

    def fail():
        raise ValueError("no")

    with ThreadTeam(2, of=N_THREADS) as thread_team:
        with pytest.raises(ValueError, match="no"):
            thread_team([fail, slow])
        assert done.is_set()


def test_no_thread_outlives_it():
    with ThreadTeam(4, of=N_THREADS) as thread_team:
        thread_team([threading.get_ident] * 8)
        assert len(own_threads()) == 3
    assert not own_threads()


def own_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("qwen3-embed-team")]
