"""How venues trade: newest trades and pauses."""

from __future__ import annotations

from itertools import permutations

import msgspec

from producers.ticker.pulses import PAUSE_NS, Pulses
from schemas.clock import VenuePulse
from tests.kit.moments import MS, T0


def pulses_of(*times_ms: int, venue: str = "north") -> Pulses:
    """A venue that traded at these times."""
    pulses = Pulses()
    for ms in times_ms:
        pulses.on_trade(venue, T0 + ms * MS)
    return pulses


def read(pulses: Pulses, until_ms: int) -> list[tuple[int, int, list[int]]]:
    """Newest trade, longest pause and ends of pauses of each venue, in milliseconds."""
    return [
        ((p.last_trade_ns - T0) // MS, p.longest_pause_ns // MS, [(ns - T0) // MS for ns in p.pause_ends_ns])
        for p in pulses.read(T0 + until_ms * MS)
    ]


def test_the_longest_pause_is_that_since_the_last_tick() -> None:
    """A silence of last night would be told each second."""
    pulses = pulses_of(0, 300, 400)
    assert read(pulses, 500) == [(400, 300, [])]
    pulses.on_trade("north", T0 + 600 * MS)
    assert read(pulses, 700) == [(600, 200, [])]
    assert read(pulses, 800) == [(600, 0, [])]


def test_the_first_trade_ends_no_pause() -> None:
    """The 56 years before it would be one."""
    assert read(pulses_of(0), 1) == [(0, 0, [])]


def test_pauses_of_half_a_second_are_told_by_their_ends() -> None:
    """Lost messages would be taken for fills that did not print."""
    pause_ms = PAUSE_NS // MS
    assert read(pulses_of(0, pause_ms - 1, 2 * pause_ms - 1, 2 * pause_ms), 5_000) == [(1_000, 500, [999])]


def test_a_trade_that_another_may_precede_is_not_told_yet() -> None:
    """A pause would be told that a trade on its way fills."""
    pulses = pulses_of(0, 900, 1_500)
    assert read(pulses, 1_000) == [(900, 900, [900])]
    pulses.on_trade("north", T0 + 1_200 * MS)
    assert read(pulses, 1_500) == [(1_200, 300, [])]
    assert read(pulses, 1_501) == [(1_500, 300, [])]


def test_a_venue_is_not_told_before_its_first_trade_is_known() -> None:
    """It would have traded last in 1970."""
    assert read(pulses_of(0), 0) == []


def test_the_order_of_arrival_changes_nothing() -> None:
    """Two collectors with different networks would tell different pauses."""
    for order in permutations((0, 100, 700, 900)):
        assert read(pulses_of(*order), 1_000) == [(900, 600, [700])]


def test_venues_are_told_in_alphabetical_order() -> None:
    """Two runs of one recording would differ by who was heard first."""
    pulses = Pulses()
    for venue in ("south", "east", "north"):
        pulses.on_trade(venue, T0)
    assert [pulse.venue for pulse in pulses.read(T0 + 1)] == ["east", "north", "south"]


def test_pauses_survive_a_restart() -> None:
    """Trades of the last moment would be forgotten, and a pause told that never was."""
    pulses = pulses_of(0, 600, 700)
    read(pulses, 500)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(pulses), type=Pulses)
    expected = (
        VenuePulse(
            venue="north", last_trade_ns=T0 + 700 * MS, longest_pause_ns=600 * MS, pause_ends_ns=(T0 + 600 * MS,)
        ),
    )
    assert again.read(T0 + 1_000 * MS) == expected
