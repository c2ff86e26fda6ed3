"""Work in a thread of its own ends, fails and is interrupted as in the caller's thread."""

import signal
import threading
import time

import pytest

from qwen3_embed_integrations.scheduling.worker_thread import pausing, run_in_thread, thread_pause


def test_the_result_comes_from_a_thread_that_has_ended():
    thread = run_in_thread(threading.current_thread, "worker")
    assert thread.name == "worker"
    assert not thread.is_alive()


def test_an_error_is_raised_where_it_is_waited_for():
    with pytest.raises(ZeroDivisionError):
        run_in_thread(lambda: 1 / 0, "worker")


def test_ctrl_c_ends_the_work_and_is_raised_when_it_has_ended():
    ended = []

    waiting = threading.get_ident()

    def work():
        try:
            signal.pthread_kill(waiting, signal.SIGINT)
            while True:
                time.sleep(0.01)
        finally:
            time.sleep(0.1)
            ended.append(True)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_in_thread(work, "worker")
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended == [True]


def test_a_pause_does_nothing_outside_of_its_block_and_its_thread():
    seen = []

    def elsewhere():
        thread_pause()()

    with pausing(lambda: seen.append("here")):
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
        assert seen == []
        thread_pause()()
    thread_pause()()
    assert seen == ["here"]


def test_a_pause_has_no_pauses_and_an_inner_block_ends_with_itself():
    seen = []

    def pause():
        seen.append("outer")
        thread_pause()()
        with pausing(lambda: seen.append("inner")):
            thread_pause()()

    with pausing(pause):
        thread_pause()()
        thread_pause()()
    assert seen == ["outer", "inner"] * 2
