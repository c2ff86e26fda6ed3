"""Calls that begin or end at once: a few in each turn of their event loop, in order, and none is lost."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from qwen3_embed_integrations.scheduling import event_loop as queues
from qwen3_embed_integrations.scheduling.event_loop import run_fairly


def done(result):
    future = Future()
    future.set_result(result)
    return future


async def begun_in_each_turn(n_calls):
    begun = 0

    def start():
        nonlocal begun
        begun += 1
        return done(None)

    tasks = [asyncio.create_task(run_fairly(start)) for _ in range(n_calls)]
    counts = []
    while not all(task.done() for task in tasks):
        before = begun
        await asyncio.sleep(0)
        counts.append(begun - before)
    return counts


def test_no_turn_begins_more_calls_than_it_has_room_for():
    counts = asyncio.run(begun_in_each_turn(500))
    assert sum(counts) == 500
    assert max(counts) <= queues._BURST


def test_a_lone_call_waits_for_no_turn():
    async def ask():
        started = []
        coroutine = run_fairly(lambda: started.append(1) or done("embedding"))
        task = asyncio.ensure_future(coroutine)
        await asyncio.sleep(0)
        assert started
        return await task

    assert asyncio.run(ask()) == "embedding"


def test_calls_begin_in_order_and_each_gets_its_own_result():
    begun = []

    def start(i):
        begun.append(i)
        return done(i)

    async def ask():
        return await asyncio.gather(*(run_fairly(lambda i=i: start(i)) for i in range(200)))

    assert asyncio.run(ask()) == begun == list(range(200))


def test_a_call_cancelled_while_it_waits_for_its_turn_never_begins_and_holds_up_nobody():
    begun = []

    async def ask():
        calls = [
            asyncio.create_task(run_fairly(lambda i=i: begun.append(i) or done(i))) for i in range(queues._BURST * 3)
        ]
        await asyncio.sleep(0)
        for call in calls[queues._BURST :: 2]:
            call.cancel()
        return await asyncio.gather(*calls, return_exceptions=True)

    found = asyncio.run(ask())
    kept = [i for i, one in enumerate(found) if not isinstance(one, asyncio.CancelledError)]
    assert begun == kept
    assert len(kept) == queues._BURST * 2


def test_cancelling_cancels_the_future_and_an_error_comes_through():
    waiting = Future()

    async def cancel():
        task = asyncio.create_task(run_fairly(lambda: waiting))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    def broken():
        raise ValueError("not begun")

    asyncio.run(cancel())
    assert waiting.cancelled()
    with pytest.raises(ValueError, match="not begun"):
        asyncio.run(run_fairly(broken))


def test_each_event_loop_has_queues_of_its_own():
    before = set(queues._queues)  # a server of other tests may run
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda n: asyncio.run(begun_in_each_turn(n)), [100, 200, 300, 400]))
    assert [sum(one) for one in counts] == [100, 200, 300, 400]
    assert all(loop.is_closed() for loop in set(queues._queues) - before)
