"""LoopThread: coroutines of any thread run on one event loop; closing waits, discarding cancels."""

import asyncio
import threading

import pytest

from qwen3_embed_integrations import EncoderClosedError
from qwen3_embed_integrations.scheduling.loop_thread import LoopThread


@pytest.fixture
def thread():
    made = LoopThread("test-loop")
    yield made
    made.close(nothing())


async def nothing():
    return None


async def name_of_thread():
    return threading.current_thread().name


async def fail():
    raise ZeroDivisionError


def test_results_and_errors_come_back_from_one_named_daemon_thread(thread):
    assert thread.submit(name_of_thread()).result() == "test-loop"
    with pytest.raises(ZeroDivisionError):
        thread.submit(fail()).result()
    (loop_thread,) = [one for one in threading.enumerate() if one.name == "test-loop"]
    assert loop_thread.daemon


def test_no_thread_starts_before_the_first_coroutine():
    LoopThread("test-idle").close(nothing())
    assert "test-idle" not in {one.name for one in threading.enumerate()}


def test_cancelling_the_future_cancels_the_coroutine(thread):
    started, cancelled = threading.Event(), threading.Event()

    async def wait_forever():
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    future = thread.submit(wait_forever())
    assert started.wait(600)
    future.cancel()
    assert cancelled.wait(600)


def test_closing_waits_for_what_runs_then_runs_the_last_coroutine_and_ends_the_thread():
    thread, order = LoopThread("test-closing"), []
    release, started = threading.Event(), threading.Event()

    async def work():
        started.set()
        while not release.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0)
        order.append("work")

    async def last():
        order.append("last")

    future = thread.submit(work())
    assert started.wait(600)
    closing = threading.Thread(target=thread.close, args=(last(),))
    closing.start()
    release.set()
    closing.join()
    assert (future.done(), order) == (True, ["work", "last"])
    assert "test-closing" not in {one.name for one in threading.enumerate()}


def test_a_closed_thread_refuses_coroutines():
    thread = LoopThread("test-closed")
    thread.close(nothing())
    with pytest.raises(EncoderClosedError, match="Call it again"):
        thread.submit(nothing())


def test_discarding_cancels_what_runs_and_leaves_its_future_pending():
    thread, started = LoopThread("test-discarding"), threading.Event()

    async def wait_forever():
        started.set()
        await asyncio.Event().wait()

    future = thread.submit(wait_forever())
    assert started.wait(600)
    thread.discard()
    thread.close(nothing())
    assert not future.done()


def test_closing_from_the_loop_itself_does_nothing(thread):
    async def close_from_inside():
        thread.close(nothing())

    inner = LoopThread("test-inner")

    async def close_itself():
        inner.close(nothing())
        return "alive"

    assert thread.submit(close_from_inside()).result() is None
    assert inner.submit(close_itself()).result() == "alive"
    inner._loop.call_soon_threadsafe(inner._loop.stop)
    inner._thread.join()
