from copy import copy
from math import sin

import pytest

from detector.delay import AHEAD_NS, NS, SAMPLES, Delay
from detector.stats.rolling_median import RollingMedian

START_S = 1_760_000_400


def arrivals(delay: Delay, now_s: int, *delays_s: float, offset_s: float = 5.0) -> None:
    """Events of one second, each received so late by a clock that is `offset_s` ahead."""
    for delay_s in delays_s:
        event_ns = now_s * NS
        delay.on_event(event_ns, event_ns + round((delay_s + offset_s) * NS), event_ns)


def run(delay: Delay, seconds: range, *delays_s: float, offset_s: float = 5.0, learn: bool = True) -> None:
    for second in seconds:
        arrivals(delay, second, *delays_s, offset_s=offset_s)
        delay.close_second(second, learn)


def lag(delay: Delay, seconds: range, about_s: float, *, offset_s: float = 5.0, learn: bool = True) -> None:
    """A feed that really lags: no second is like the one before, and in each the messages differ."""
    for second in seconds:
        late_s = about_s * (1 + 0.2 * sin(second))
        arrivals(delay, second, late_s, late_s * 1.1, late_s * 1.2, offset_s=offset_s)
        delay.close_second(second, learn)


@pytest.mark.parametrize("offset_s", [0.5, 300.0, -1.27])
def test_the_offset_of_the_clocks_is_no_delay(offset_s: float) -> None:
    """A recorder 1.27 s behind its venue would look early, one ahead of it late."""
    delay = Delay()
    run(delay, range(START_S, START_S + 5), 0.01, 0.02, 0.03, offset_s=offset_s)
    assert delay.delay_s == pytest.approx(0.01)
    run(delay, range(START_S + 5, START_S + 20), 4.01, 4.01, offset_s=offset_s)
    assert delay.delay_s == pytest.approx(4.0)


def test_without_events_the_delay_is_unknown() -> None:
    """Silence is another signal; a delay of zero would be an all-clear."""
    delay = Delay()
    assert delay.delay_s is None
    run(delay, range(START_S, START_S + 5), 0.5)
    assert delay.delay_s is not None
    run(delay, range(START_S + 5, START_S + 20))
    assert delay.delay_s is None
    assert delay.ratio is None


def test_an_event_without_a_time_of_its_own_says_nothing_about_delay() -> None:
    """A REST answer is stamped on receipt: it would set the floor to zero and make every clock offset a delay."""
    delay = Delay()
    delay.on_event(START_S * NS, START_S * NS, START_S * NS)
    arrivals(delay, START_S, 1.0, 1.0)
    delay.close_second(START_S, True)
    assert delay.delay_s == 0.0
    assert delay.last_event_ns == START_S * NS


@pytest.mark.parametrize(("ahead_ns", "floor_s"), [(AHEAD_NS, -2.0), (AHEAD_NS + 1, 0.05), (3_600 * NS, 0.05)])
def test_a_stamp_far_ahead_of_its_receipt_is_no_floor(ahead_ns: int, floor_s: float) -> None:
    """One message stamped an hour ahead would make every other look an hour late."""
    delay = Delay()
    run(delay, range(START_S, START_S + 5), 0.05, offset_s=0.0)
    at_ns = (START_S + 5) * NS
    delay.on_event(at_ns + ahead_ns, at_ns, at_ns)
    assert delay.last_event_ns == at_ns
    delay.close_second(START_S + 5, True)
    assert delay.floor_ns == round(floor_s * NS)
    run(delay, range(START_S + 6, START_S + 20), 0.05, offset_s=0.0)
    assert delay.delay_s == pytest.approx(0.05 - floor_s)


@pytest.mark.parametrize(("older_ns", "counted"), [(0, 0), (1, 1), (NS, 1), (NS + 1, 0), (600 * NS, 0)])
def test_history_that_is_sent_again_is_no_delay(older_ns: int, counted: int) -> None:
    """Venues repeat their last trades on every reconnect: each would be told as a feed that is minutes late."""
    delay = Delay()
    arrivals(delay, START_S, 0.05)
    delay.close_second(START_S, True)
    at_ns = (START_S + 1) * NS
    delay.on_event(START_S * NS - older_ns, at_ns, at_ns)
    assert delay.arrivals == counted
    assert delay.last_event_ns == at_ns


def test_a_feed_that_lags_in_order_is_late() -> None:
    """Only what is older than what came before is history; a stalled feed comes oldest first."""
    delay = Delay()
    run(delay, range(START_S, START_S + 5), 0.0, 0.0)
    run(delay, range(START_S + 5, START_S + 20), 30.0, 30.0)
    assert delay.delay_s == pytest.approx(30.0)


def test_one_straggler_does_not_move_the_delay() -> None:
    """A single retransmission would raise an alarm about the venue."""
    delay = Delay()
    run(delay, range(START_S, START_S + 10), 0.0, 0.01, 0.01, 0.01, 30.0)
    assert delay.delay_s == pytest.approx(0.01)


def test_a_burst_after_a_stall_outweighs_the_quiet_seconds_around_it() -> None:
    """A feed that empties itself six seconds late in one burst is the case that matters."""
    delay = Delay()
    run(delay, range(START_S, START_S + 20), 0.0, 0.01)
    run(delay, range(START_S + 20, START_S + 26))
    arrivals(delay, START_S + 26, *[6.0 - n / 100 for n in range(600)])
    delay.close_second(START_S + 26, True)
    run(delay, range(START_S + 27, START_S + 30), 0.01)
    assert delay.delay_s is not None
    assert delay.delay_s > 2.0


def test_the_tail_of_a_burst_is_heard_and_memory_is_bounded() -> None:
    """Only the first of ten thousand messages would be measured, or all would be kept."""
    delay = Delay()
    run(delay, range(START_S, START_S + 5), 1.0)
    arrivals(delay, START_S + 5, *[1.0] * SAMPLES, *[9.0] * 10_000)
    assert len(delay.samples) == SAMPLES
    delay.close_second(START_S + 5, True)
    assert delay.samples == []
    assert delay.delay_s == pytest.approx(8.0)


def test_a_lower_floor_is_forgotten_after_ten_minutes() -> None:
    """One clock step would make a feed look late for ever."""
    delay = Delay()
    run(delay, range(START_S, START_S + 60), 0.0, 0.0, 0.0)
    run(delay, range(START_S + 60, START_S + 840), 2.0, 2.0, 2.0)
    assert delay.delay_s == pytest.approx(0.0)


def test_a_delay_that_lasts_does_not_become_the_floor_while_nothing_is_learnt() -> None:
    """In a long crash the feed would look punctual again after ten minutes."""
    delay = Delay()
    run(delay, range(START_S, START_S + 60), 0.0, 0.0, 0.0)
    lag(delay, range(START_S + 60, START_S + 1260), 2.0, learn=False)
    assert delay.delay_s == pytest.approx(2.0, abs=0.5)


def test_the_ratio_is_the_delay_over_its_usual_but_no_finer_than_ten_milliseconds() -> None:
    """A feed that is usually one millisecond late would be an alarm at twenty."""
    delay = Delay(usual=RollingMedian(every_s=1, warm=2))
    run(delay, range(START_S, START_S + 30), 0.0, 0.001, 0.001)
    assert delay.ratio == pytest.approx(0.1)
    run(delay, range(START_S + 30, START_S + 45), 0.4, 0.4, learn=False)
    assert delay.ratio == pytest.approx(40.0)


def test_the_ratio_is_unknown_until_the_usual_is() -> None:
    """The first seconds after a start would be an alarm."""
    delay = Delay()
    run(delay, range(START_S, START_S + 60), 0.0, 3.0, 3.0)
    assert delay.delay_s == pytest.approx(3.0)
    assert delay.ratio is None


def clock_set(delay: Delay, seconds: range, off_s: float, *, held_back: bool = False) -> list[Delay]:
    """Seconds of a venue whose clock is off by so much, five messages each; copies of what was found after each.

    `held_back`: the times of a book never go back, so it repeats its newest until the clock has come there again.
    """
    found = []
    for second in seconds:
        for part in range(5):
            recv_ns = second * NS + part * NS // 5 + NS // 20 + part * NS // 1_000
            event_ns = recv_ns - NS // 20 - part * NS // 1_000 + round(off_s * NS)
            if held_back and part % 2:
                event_ns = max(event_ns, delay.newest_ns)
            delay.on_event(event_ns, recv_ns, recv_ns)
        delay.close_second(second + 1, True)
        found.append(copy(delay))
    return found


@pytest.mark.parametrize("held_back", [False, True])
@pytest.mark.parametrize("off_s", [1.27, -1.27, 5.0, -5.0, -40.0, 3_600.0])
def test_a_clock_that_is_set_is_told_and_is_no_late_feed(off_s: float, held_back: bool) -> None:
    """A venue that sets its clock would be told as one whose feed is late, and then for ten minutes as punctual."""
    delay = Delay()
    clock_set(delay, range(START_S, START_S + 40), 0.0)
    wrong = clock_set(delay, range(START_S + 40, START_S + 120), off_s, held_back=held_back)
    right = clock_set(delay, range(START_S + 120, START_S + 200), 0.0, held_back=held_back)
    assert max(each.delay_s or 0.0 for each in wrong + right) < 0.2
    for found, step_s in ((wrong, -off_s), (right, off_s)):
        told = [each.clock_step_s for each in found[9:60]]
        assert told == pytest.approx([step_s] * len(told), abs=0.15)
    assert right[-1].clock_step_s is None
    assert right[-1].delay_s == pytest.approx(0.002, abs=0.001)
    lag(delay, range(START_S + 200, START_S + 215), 3.0, offset_s=0.0)
    assert delay.delay_s is not None
    assert delay.delay_s > 1.5


def test_a_feed_that_lags_sets_no_clock() -> None:
    """A venue in trouble would be told as one with a wrong clock, and its lag be hidden."""
    delay = Delay()
    clock_set(delay, range(START_S, START_S + 60), 0.0)
    lag(delay, range(START_S + 60, START_S + 160), 5.0, offset_s=0.0)
    assert delay.clock_step_s is None
    assert delay.delay_s == pytest.approx(5.0, rel=0.3)


def test_a_lag_that_grows_and_then_stands_still_sets_no_clock() -> None:
    """A machine that is overloaded for a minute would be told as a venue with a wrong clock."""
    delay = Delay()
    clock_set(delay, range(START_S, START_S + 60), 0.0)
    late = [min(second, 20, 60 - second) * 0.15 for second in range(60)]
    found = [clock_set(delay, range(START_S + 60 + n, START_S + 61 + n), -late_s)[0] for n, late_s in enumerate(late)]
    assert {each.clock_step_s for each in found} == {None}
    assert found[39].delay_s == pytest.approx(3.0, abs=0.1)


def test_an_answer_of_any_age_sets_no_clock() -> None:
    """Open interest that is polled once a minute is a minute old."""
    delay = Delay()
    clock_set(delay, range(START_S, START_S + 60), 0.0)
    for second in range(START_S + 60, START_S + 100):
        delay.on_event((second - 55) * NS, second * NS, second * NS, streamed=False)
        delay.close_second(second, True)
    assert delay.clock_step_s is None


def test_one_stamp_ahead_is_no_floor_once_the_clocks_are_known() -> None:
    """One wrong stamp would make a venue look late for ten minutes."""
    delay = Delay()
    clock_set(delay, range(START_S, START_S + 60), 0.0)
    at_ns = (START_S + 60) * NS
    delay.on_event(at_ns + AHEAD_NS // 2, at_ns, at_ns)
    clock_set(delay, range(START_S + 60, START_S + 80), 0.0)
    assert delay.delay_s == pytest.approx(0.002, abs=0.001)


def test_a_feed_whose_clocks_are_in_doubt_is_not_in_time() -> None:
    """A price that is five seconds old would be compared with those of now until the lag is certain."""
    delay = Delay()
    assert delay.in_time(1.0)
    clock_set(delay, range(START_S, START_S + 40), 0.0)
    assert delay.in_time(1.0)
    assert not clock_set(delay, range(START_S + 40, START_S + 42), -5.0)[-1].in_time(1.0)
    assert clock_set(delay, range(START_S + 42, START_S + 60), -5.0)[-1].in_time(1.0)
