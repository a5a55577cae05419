"""Which time it is for messages."""

from __future__ import annotations

import time

import pytest

from detector.runtime.notify.clocks import EventClock, WallClock


def test_waits_go_on_though_the_machine_s_clock_is_set_and_news_is_as_old_as_that_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All waits would be repeated when somebody sets the clock, or all news would be late after a sleep."""
    clock = WallClock()
    before_ns = clock.steady_ns()
    monkeypatch.setattr(time, "time_ns", lambda: 7)
    assert clock.now_ns() == 7
    assert 0 <= clock.steady_ns() - before_ns < 10**9


def test_a_recording_s_clock_stands_still_between_its_moments_and_never_goes_back() -> None:
    """A slow machine would decide otherwise than a fast one."""
    clock = EventClock()
    clock.reach(100)
    clock.reach(50)
    assert (clock.now_ns(), clock.now_ns()) == (100, 100)


def test_after_its_end_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for others to join it would wait for ever."""
    clock, monotonic = EventClock(), [1_000]
    monkeypatch.setattr(time, "monotonic_ns", lambda: monotonic[0])
    clock.reach(100)
    clock.run_on()
    monotonic[0] += 7
    assert clock.now_ns() == 107
    clock.reach(300)
    monotonic[0] += 1
    assert clock.now_ns() == 301
