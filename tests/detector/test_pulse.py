import pytest

from detector.pulse import NS, Pulse
from schemas.clock import VenuePulse

START_NS = 1_760_000_400 * NS


def told(pulse: Pulse, last_ns: int, longest_ns: int = 0) -> None:
    """What the stream's clock says of the venue."""
    pulse.take(VenuePulse(venue="north", last_trade_ns=last_ns, longest_pause_ns=longest_ns))


def test_what_is_told_twice_or_late_takes_nothing_back() -> None:
    """Each partition tells the same: a venue would fall silent, or its pauses shrink, by their order."""
    pulse = Pulse()
    told(pulse, START_NS, 3 * NS)
    told(pulse, START_NS, 3 * NS)
    told(pulse, START_NS - NS, NS)
    assert (pulse.last_ns, pulse.longest_ns) == (START_NS, 3 * NS)


def minutes(pulse: Pulse, pauses_s: list[float]) -> None:
    """One minute for each pause, with a trade every second after it."""
    for n, pause_s in enumerate(pauses_s):
        start_ns = START_NS + n * 60 * NS
        pulse.last_ns = start_ns
        for second in range(1, 61):
            if second >= pause_s:
                told(pulse, start_ns + second * NS, round(max(pause_s, 1.0) * NS))
            pulse.close_second(start_ns // NS + second)


def test_the_usual_longest_pause_is_unknown_for_ten_minutes() -> None:
    """A venue would be called blind before anybody knows how quiet it is."""
    pulse = Pulse()
    minutes(pulse, [2.0] * 9)
    assert pulse.usual_longest_s is None
    minutes(pulse, [2.0])
    assert pulse.usual_longest_s == pytest.approx(2.0)


def test_three_odd_minutes_do_not_change_what_is_usual() -> None:
    """A reconnect would hide the next blindness."""
    pulse = Pulse()
    minutes(pulse, [1.0] * 30 + [50.0] * 3 + [1.0] * 7)
    assert pulse.usual_longest_s == pytest.approx(1.0)
    minutes(pulse, [40.0])
    assert pulse.usual_longest_s == pytest.approx(40.0)


def test_a_pause_that_still_lasts_is_booked_in_every_minute_it_lasts() -> None:
    """A venue that sleeps for a quarter of an hour would have no usual pause, or one of a moment."""
    pulse = Pulse()
    minutes(pulse, [1.0])
    last_s = pulse.last_ns // NS
    for second in range(1, 151):
        pulse.close_second(last_s + second)
    assert [pause // NS for pause in pulse.minutes] == [1, 60, 120]
    told(pulse, (last_s + 150) * NS, 150 * NS)
    for second in range(151, 181):
        told(pulse, (last_s + second) * NS, NS)
        pulse.close_second(last_s + second)
    assert [pause // NS for pause in pulse.minutes] == [1, 60, 120, 150]


def test_a_venue_that_never_traded_has_no_pause() -> None:
    """The 56 years before its first trade would be one."""
    pulse = Pulse()
    for second in range(60):
        pulse.close_second(START_NS // NS + second)
    assert pulse.minutes == [0]


@pytest.mark.parametrize("offset_s", [0, 1, 37, 59])
def test_its_minutes_are_of_its_own_life(offset_s: int) -> None:
    """A replay that begins in the middle of a minute would book half of one."""
    pulse = Pulse()
    for second in range(START_NS // NS + offset_s, START_NS // NS + offset_s + 60):
        assert pulse.minutes == []
        told(pulse, second * NS, NS if pulse.last_ns else 0)
        pulse.close_second(second)
    assert [pause // NS for pause in pulse.minutes] == [1]


def test_it_remembers_one_hour() -> None:
    """Last night's quiet would hide today's blindness."""
    pulse = Pulse()
    minutes(pulse, [30.0] * 60)
    minutes(pulse, [1.0] * 60)
    assert len(pulse.minutes) == 60
    assert pulse.usual_longest_s == pytest.approx(1.0)


@pytest.mark.parametrize(("seconds", "pause_s", "known"), [(29, 1.0, False), (30, 1.0, True), (59, 6.0, False)])
def test_in_the_first_minutes_the_longest_pause_so_far_will_do(seconds: int, pause_s: float, known: bool) -> None:
    """A venue that dies in the first ten minutes would not be missed; or a sleepy one be called dead."""
    pulse = Pulse()
    for second in range(1, seconds + 1):
        told(pulse, START_NS + second * NS, round(pause_s * NS))
        pulse.close_second(START_NS // NS + second)
    assert pulse.usual_longest_s is None
    assert pulse.known_longest_s == (pause_s if known else None)


def test_after_ten_minutes_the_usual_pause_is_the_one_that_counts() -> None:
    """One long pause at the start would hide every later silence."""
    pulse = Pulse()
    minutes(pulse, [20.0] + [1.0] * 12)
    assert pulse.known_longest_s == pulse.usual_longest_s == pytest.approx(1.0)


def test_a_venue_flows_again_ten_seconds_after_a_pause() -> None:
    """The rate after a hole in the feed would be that of a void."""
    pulse = Pulse()
    told(pulse, START_NS)
    start_s = START_NS // NS
    flowing = []
    for second in range(1, 30):
        if second >= 6:
            told(pulse, START_NS + second * NS)
        pulse.close_second(start_s + second)
        flowing.append(pulse.flows(start_s + second))
    assert flowing == [True] * 3 + [False] * 11 + [True] * 15


@pytest.mark.parametrize(("usual_s", "silent_s", "lost"), [(1.0, 5.0, False), (1.0, 5.1, True), (4.0, 11.9, False)])
def test_a_venue_is_lost_after_three_of_its_longest_pauses(usual_s: float, silent_s: float, lost: bool) -> None:
    """What it sends at once after the hole would be counted as a burst of orders."""
    pulse = Pulse(last_ns=START_NS - round(silent_s * NS), minutes=[round(usual_s * NS)] * 10)
    assert pulse.is_lost(START_NS // NS, pulse.line_ns(5.0, 3.0)) is lost
    unknown = Pulse(last_ns=START_NS - 60 * NS)
    assert unknown.line_ns(5.0, 3.0) is None
    assert not unknown.is_lost(START_NS // NS, None)


def live(pulse: Pulse, now_s: int, seconds: int, *, heard: bool) -> int:
    """Seconds with a trade in each of them, or with none; as the stage closes them."""
    for second in range(now_s + 1, now_s + 1 + seconds):
        if heard:
            told(pulse, second * NS, second * NS - pulse.last_ns if pulse.last_ns else 0)
        pulse.close_second(second, pulse.line_ns(5.0, 3.0))
    return now_s + seconds


def test_an_outage_is_not_learnt_while_it_lasts() -> None:
    """A dead venue would be called alive after twenty minutes."""
    pulse = Pulse()
    now_s = live(pulse, START_NS // NS, 1_200, heard=True)
    now_s = live(pulse, now_s, 7_200, heard=False)
    assert pulse.usual_longest_s == pytest.approx(1.0)
    assert pulse.is_lost(now_s, pulse.line_ns(5.0, 3.0))


def test_outages_that_are_over_count_as_no_longer_than_the_line() -> None:
    """A venue that fails five times an hour would not be missed the sixth time."""
    pulse = Pulse()
    now_s = live(pulse, START_NS // NS, 1_200, heard=True)
    for _ in range(5):
        now_s = live(pulse, now_s, 300, heard=False)
        now_s = live(pulse, now_s, 300, heard=True)
    assert pulse.usual_longest_s == pytest.approx(5.0)
    now_s = live(pulse, now_s, 16, heard=False)
    assert pulse.is_lost(now_s, pulse.line_ns(5.0, 3.0))


def test_a_venue_that_grows_sleepy_gets_another_usual_pause() -> None:
    """A venue's night would be an outage every half minute."""
    pulse = Pulse()
    now_s = live(pulse, START_NS // NS, 1_200, heard=True)
    for _ in range(60):
        now_s = live(pulse, now_s, 29, heard=False)
        now_s = live(pulse, now_s, 1, heard=True)
    assert pulse.usual_longest_s == pytest.approx(30.0)
