"""The part of a recording that is replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from detector.commands.day_window import DayWindow
from producers.errors import UsageError
from schemas.base import Event
from schemas.market import Trade
from tests.kit.moments import definition

MIDNIGHT_S = 1_760_054_400
"""2025-10-10."""


def trades(*seconds: int) -> list[Event]:
    """Trades received so long after midnight."""
    return [
        Trade(
            venue="north",
            instrument="BTC-USDT-PERP",
            ts_event_ns=0,
            ts_recv_ns=(MIDNIGHT_S + second) * 10**9,
            price=1.0,
            qty=1.0,
            notional_usd=1.0,
            taker="buy",
        )
        for second in seconds
    ]


def kept(window: DayWindow, *batches: Sequence[Event]) -> list[int]:
    """Seconds after midnight of what lies inside."""
    return [
        event.ts_recv_ns // 10**9 - MIDNIGHT_S
        for batch in window.inside(batches)
        for event in batch
        if isinstance(event, Trade)
    ]


def test_times_of_day_are_those_of_the_first_day() -> None:
    """A month of recordings begins on some day."""
    assert kept(DayWindow("00:01", "00:02"), trades(1, 60, 119, 120)) == [60, 119]


@pytest.mark.parametrize("start", ["2025-10-11T00:00", "2025-10-11T00:00:00Z", datetime(2025, 10, 11, tzinfo=UTC)])
def test_a_moment_may_lie_on_any_day(start: str | datetime) -> None:
    """A candle file that begins days before would make the crash unreachable."""
    assert kept(DayWindow(start, None), trades(1, 86_400, 90_000)) == [86_400, 90_000]


def test_a_window_may_go_over_midnight() -> None:
    """Asia's crashes begin at 23:50."""
    assert kept(DayWindow("23:00", "01:00"), trades(82_799, 82_800, 89_999, 90_000)) == [82_800, 89_999]


def test_definitions_outside_are_kept() -> None:
    """Every event inside would be of an unknown market."""
    batches = list(DayWindow("00:01", None).inside([[definition(), *trades(1)], trades(61)]))
    assert [type(event).__name__ for batch in batches for event in batch] == ["Instrument", "Trade"]


def test_nothing_is_read_beyond_the_end() -> None:
    """A minute of a year would cost the year."""

    def endless() -> Iterator[list[Event]]:
        second = 0
        while True:
            yield trades(second)
            second += 30

    assert kept(DayWindow(None, "00:01"), *(trades(s) for s in (0, 30))) == [0, 30]
    assert sum(len(batch) for batch in DayWindow("00:00", "00:01").inside(endless())) == 2


@pytest.mark.parametrize("text", ["25:00", "8", "noon", "2025-13-01"])
def test_what_is_no_time_is_refused_with_how_to_write_one(text: str) -> None:
    """A typing mistake would replay everything."""
    with pytest.raises(UsageError, match="write HH:MM of the first day, or 2025-10-10T20:30"):
        DayWindow(text, None)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    """It would replay nothing and look like a quiet day."""
    with pytest.raises(UsageError, match="ends before it begins"):
        DayWindow("2025-10-11T00:00", "2025-10-10T00:00")
