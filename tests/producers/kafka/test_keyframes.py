"""When and where a market says once more what it is."""

from __future__ import annotations

from collections.abc import Iterable

from producers.kafka.keyframes import CATCH_UP_S, EVERY_S, Keyframes
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot
from tests.kit.stream import BTC, ETH, VENUE, definition, delta, gap, snapshot, tick

MARKETS = [f"{letter}{number}-USDT-PERP" for letter in "ABCDEFGHIJ" for number in range(12)]


def following(events: Iterable[Event]) -> Keyframes:
    keyframes = Keyframes()
    for event in events:
        keyframes.see(event)
    return keyframes


def test_each_market_is_told_once_a_minute_and_they_do_not_all_come_at_once() -> None:
    """A reader would wait longer for a book, or a burst would delay everything else every minute."""
    keyframes = following([definition(market) for market in MARKETS] + [snapshot(1, instrument=m) for m in MARKETS])
    seconds = [keyframes.due(tick(second * 1_000)) for second in range(EVERY_S)]
    told = [(type(event), event.instrument) for events in seconds for event in events]
    assert sorted(told, key=str) == sorted([(kind, m) for m in MARKETS for kind in (Instrument, BookSnapshot)], key=str)
    assert max(len(events) for events in seconds) <= len(told) // 10
    assert [keyframes.due(tick((EVERY_S + second) * 1_000)) for second in range(EVERY_S)] == seconds


def test_a_second_without_a_tick_is_made_up_for() -> None:
    """Its markets would wait for another minute."""
    keyframes = following([definition(market) for market in MARKETS])
    every = [len(keyframes.due(tick(second * 1_000))) for second in range(0, EVERY_S, 3)]
    assert sum(every) >= len(MARKETS) - 10


def test_after_a_jump_in_time_only_a_few_are_told_at_once() -> None:
    """After an outage all books would burst into the log that has just come back."""
    keyframes = following([definition(market) for market in MARKETS])
    keyframes.due(tick(0))
    assert len(keyframes.due(tick(600_000))) <= len(MARKETS) * CATCH_UP_S // EVERY_S * 2


def test_two_ticks_of_a_second_tell_its_markets_once() -> None:
    """Silence ticks by the clock, trades tick by their time: both may hit the same second."""
    keyframes = following([definition(market) for market in MARKETS])
    assert sum(len(keyframes.due(tick(second * 1_000))) for second in range(5)) > 0
    assert keyframes.due(tick(4_500)) == []


def test_a_definition_precedes_its_book_and_the_newest_counts() -> None:
    """A reader cannot value a book whose contract it does not know."""
    newer = Instrument(**{f: getattr(definition(), f) for f in definition().__struct_fields__} | {"tick_size": 0.1})
    keyframes = following([definition(), snapshot(1), newer])
    told = keyframes.of((VENUE, BTC))
    assert told[0] == newer
    assert isinstance(told[1], BookSnapshot)


def test_a_market_without_a_known_book_is_only_defined() -> None:
    """A reader would take a book with a hole for a whole one."""
    keyframes = following([definition(), definition(ETH), snapshot(1), snapshot(1, instrument=ETH), gap(2)])
    assert keyframes.of((VENUE, BTC)) == [definition()]
    assert len(keyframes.of((VENUE, ETH))) == 2
    keyframes.see(gap(3, "*", "all"))
    assert keyframes.of((VENUE, ETH)) == [definition(ETH)]
    keyframes.see(delta(4))
    keyframes.see(snapshot(5, instrument=ETH))
    assert len(keyframes.of((VENUE, ETH))) == 2


def test_a_gap_of_another_channel_leaves_the_book_alone() -> None:
    """Lost trades say nothing about the book."""
    keyframes = following([definition(), snapshot(1), gap(2, BTC, "trade")])
    assert len(keyframes.of((VENUE, BTC))) == 2
