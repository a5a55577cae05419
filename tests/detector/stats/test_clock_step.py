"""Steps of a clock against lags of a feed."""

from __future__ import annotations

from random import Random

import pytest

from detector.stats.clock_step import CONFIRM, DOUBTS, LEAP_NS, NS, WARM, ClockStep

MS = 1_000_000


def run(clocks: ClockStep, first_s: int, leasts_ns: list[int], *, wide_ns: int = 2 * MS) -> list[int]:
    """What is said at the end of each second."""
    return [clocks.close_second(first_s + n, least, least + wide_ns) for n, least in enumerate(leasts_ns)]


def warm(seconds: int = 60, *, wander_ns: int = 0) -> ClockStep:
    """A market that was heard for a while."""
    clocks, random = ClockStep(), Random(1)
    assert not any(run(clocks, 0, [random.randrange(wander_ns + 1) for _ in range(seconds)]))
    return clocks


@pytest.mark.parametrize("step_ns", [LEAP_NS + 100 * MS, 1_270 * MS, 5 * NS, -1_270 * MS, -5 * NS, 3_600 * NS])
def test_a_step_is_told_after_eight_seconds_and_is_then_the_usual(step_ns: int) -> None:
    """Every message after it would look late, or early, for ten minutes."""
    clocks = warm()
    said = run(clocks, 60, [step_ns] * CONFIRM)
    assert said == [0] * (CONFIRM - 1) + [step_ns]
    assert not clocks.in_doubt
    assert run(clocks, 68, [step_ns] * 120) == [0] * 120
    assert clocks.base_ns == step_ns


def test_while_a_step_is_not_certain_nobody_knows_what_is_late() -> None:
    """The first seconds of a step would be told as a late feed."""
    clocks = warm()
    run(clocks, 60, [5 * NS])
    assert clocks.in_doubt
    run(clocks, 61, [0])
    assert not clocks.in_doubt


def test_a_step_is_told_for_a_minute() -> None:
    """A condition would hold for ever."""
    clocks = warm()
    run(clocks, 60, [NS] * CONFIRM)
    assert [clocks.told(60 + CONFIRM - 1 + s) for s in (0, 59, 60)] == [1.0, 1.0, None]


@pytest.mark.parametrize("leasts_s", [[5.4, 4.4, 3.5, 2.4, 1.4, 0.5], [n * 0.15 for n in range(60)], [1.0, 2.0] * 30])
def test_what_wanders_is_a_lag(leasts_s: list[float]) -> None:
    """A feed in trouble would be told as a clock, and its lag be forgiven."""
    clocks = warm()
    assert not any(run(clocks, 60, [round(least * NS) for least in leasts_s]))
    assert clocks.base_ns is not None
    assert clocks.base_ns < LEAP_NS


def test_a_lag_that_grew_and_stands_still_is_doubted_for_a_minute() -> None:
    """An overloaded machine that is steadily late would be told as a clock after eight seconds."""
    clocks = warm()
    run(clocks, 60, [NS, 2 * NS, 3 * NS, 4 * NS])
    said = run(clocks, 64, [5 * NS] * DOUBTS)
    assert [n for n, step_ns in enumerate(said) if step_ns] == [DOUBTS - 1]
    assert not clocks.in_doubt


def test_messages_that_differ_within_their_second_are_a_queue() -> None:
    """A burst that empties itself has a steady least and everything above it."""
    clocks = warm()
    assert not any(run(clocks, 60, [2 * NS] * 50, wide_ns=NS))


def test_one_wide_second_does_not_undo_a_step() -> None:
    """The second in which a book's time comes round again would put a step off for a minute."""
    clocks = warm()
    run(clocks, 60, [5 * NS] * 5)
    run(clocks, 65, [4 * NS], wide_ns=NS)
    assert run(clocks, 66, [5 * NS] * (CONFIRM - 5))[-1] == 5 * NS


@pytest.mark.parametrize("seconds", [WARM - 1, WARM])
def test_before_the_usual_is_known_nothing_has_leapt(seconds: int) -> None:
    """A start under load would be a clock that was set."""
    clocks = warm(seconds)
    run(clocks, 60, [-5 * NS] * DOUBTS)
    assert (clocks.told(60 + CONFIRM) is None) is (seconds < WARM)
    assert clocks.base_ns == -5 * NS


def test_a_market_that_wanders_by_itself_needs_a_larger_step() -> None:
    """A feed that comes in batches would set a clock every minute."""
    random, clocks = Random(7), warm(300, wander_ns=400 * MS)
    assert not any(run(clocks, 300, [random.randrange(900 * MS) for _ in range(300)]))
    assert run(clocks, 600, [30 * NS + random.randrange(100 * MS) for _ in range(CONFIRM)])[-1] == pytest.approx(
        30 * NS, abs=NS
    )
