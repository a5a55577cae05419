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


@pytest.mark.parametrize(("older_ns", "counted"), [(0, 1), (NS, 1), (NS + 1, 0), (600 * NS, 0)])
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
    run(delay, range(START_S + 60, START_S + 1260), 2.0, 2.0, 2.0, learn=False)
    assert delay.delay_s == pytest.approx(2.0)


def test_the_ratio_is_the_delay_over_its_usual_but_no_finer_than_ten_milliseconds() -> None:
    """A feed that is usually one millisecond late would be an alarm at twenty."""
    delay = Delay(usual=RollingMedian(every_s=1, warm=2))
    run(delay, range(START_S, START_S + 30), 0.0, 0.001, 0.001)
    assert delay.ratio == pytest.approx(0.1)
    run(delay, range(START_S + 30, START_S + 45), 0.5, 0.5, learn=False)
    assert delay.ratio == pytest.approx(50.0)


def test_the_ratio_is_unknown_until_the_usual_is() -> None:
    """The first seconds after a start would be an alarm."""
    delay = Delay()
    run(delay, range(START_S, START_S + 60), 0.0, 3.0, 3.0)
    assert delay.delay_s == pytest.approx(3.0)
    assert delay.ratio is None
