"""The cache of a model's prefixes."""

import threading

from qwen3_embed_integrations.backends.prefix_cache import PrefixCache


def test_prefixes_are_computed_once_and_the_least_recently_used_is_evicted():
    asked = []
    cache = PrefixCache(lambda prefix: asked.append(prefix) or (), ())
    for number in (*range(16), 0, 16, 0, 1):
        cache((number,))
    assert asked == [(number,) for number in (*range(17), 1)]
    assert len(cache) == 16


def test_the_empty_prefix_is_never_computed():
    asked = []
    cache = PrefixCache(lambda prefix: asked.append(prefix) or (), ())
    assert cache(()) == ()
    assert asked == []


def test_threads_that_ask_for_one_prefix_at_once_share_one_computation():
    asked, together = [], threading.Barrier(4)
    cache = PrefixCache(lambda prefix: asked.append(prefix) or (prefix,), ())

    def ask():
        together.wait(600)
        found.append(cache((1, 2)))

    found = []
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == [(1, 2)]
    assert found == [((1, 2),)] * 4
