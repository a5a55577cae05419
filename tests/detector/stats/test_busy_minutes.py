"""The 99.9th percentile of a week's minutes."""

from __future__ import annotations

from random import Random

from detector.stats.busy_minutes import DAY_S, BusyMinutes

DAY = DAY_S // 60


def told(values: list[float]) -> BusyMinutes:
    """The statistic after one value a minute; the last minute is not over yet."""
    minutes = BusyMinutes()
    for minute, value in enumerate(values):
        minutes.offer(60 * (minute + 1), value)
    return minutes


def test_the_stream_equals_the_batch_over_a_week() -> None:
    """A threshold that is not the percentile it claims to be."""
    noise = Random(3)
    values = [noise.paretovariate(1.2) for _ in range(7 * DAY)]
    known = sorted(values[:-1], reverse=True)
    assert told(values).value == known[len(known) // 1_000]


def test_all_the_busy_minutes_may_fall_on_one_day() -> None:
    """A day of news would push its own minutes out of memory."""
    values = [1.0] * (6 * DAY) + [float(100 + n) for n in range(30)] + [1.0] * 500
    assert told(values).value == 129.0 - (len(values) - 1) // 1_000


def test_before_a_thousand_minutes_it_is_the_largest() -> None:
    """A short history has no percentile of a thousand, and the largest is the careful choice."""
    assert told([5.0, 9.0, 2.0, 1.0]).value == 9.0


def test_a_day_is_forgotten_after_a_week() -> None:
    """A busy spring would make the autumn's cascades look small."""
    values = [1_000.0] * 20 + [1.0] * (8 * DAY)
    assert told(values).value == 1.0
    assert len(told(values).days) <= 7


def test_of_a_minute_its_largest_second_counts() -> None:
    """A burst at the end of a minute would be averaged away."""
    minutes = BusyMinutes()
    for second in range(60, 180):
        minutes.offer(second, 7.0 if second == 90 else 1.0)
    minutes.offer(180, 0.0)
    assert minutes.value == 7.0
