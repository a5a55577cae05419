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
