import pytest

from qwen3_embed_integrations.cache.circuit_breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S, CircuitBreaker


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def pause(breaker, clock):
    """Trip the breaker and return after how many seconds it lets a try through."""
    breaker.trip()
    began = clock.now
    while breaker.is_open:
        clock.now += 0.5
    return clock.now - began


def test_pauses_double_up_to_the_longest(clock):
    breaker = CircuitBreaker(clock)
    assert not breaker.is_open
    pauses = [pause(breaker, clock) for _ in range(12)]
    assert pauses[:4] == [FIRST_PAUSE_S * factor for factor in (1, 2, 4, 8)]
    assert pauses[-2:] == [LONGEST_PAUSE_S] * 2


def test_a_success_ends_the_series(clock):
    breaker = CircuitBreaker(clock)
    for _ in range(5):
        pause(breaker, clock)
    breaker.reset()
    assert pause(breaker, clock) == FIRST_PAUSE_S


def test_one_failure_of_a_series_is_logged_and_a_flapping_resource_logs_rarely(clock):
    breaker = CircuitBreaker(clock)
    assert [breaker.trip() for _ in range(5)] == [True, False, False, False, False]
    logged = 0
    for _ in range(600):
        clock.now += 1
        breaker.reset()
        logged += breaker.trip()
    assert logged == 600 / LONGEST_PAUSE_S
