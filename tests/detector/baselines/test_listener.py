from collections.abc import Iterable

import pytest

from detector.baselines import listener
from detector.baselines.baseline import Need
from detector.baselines.counts import NAPO99, Counts
from detector.baselines.phi import Phi
from detector.scoring.alarms import Alarm
from detector.scoring.labels import Stretch
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Liquidation
from tests.kit.hearing import HOUR_NS, NS, Hearing


class _Clock:
    """Remembers which seconds were closed, and when it was fed."""

    needs: tuple[Need, ...] = ("liquidations",)
    hears: frozenset[type[Event]] = frozenset({Liquidation})
    ready = True

    def __init__(self) -> None:
        self.closed: list[int] = []
        self.fed: list[int] = []

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        self.fed.append(now_ns - HOUR_NS)
        return ()

    def close_second(self, now_s: int) -> Iterable[Alarm]:
        self.closed.append(now_s - HOUR_NS // NS)
        return ()


def test_every_second_is_closed_once_before_what_happens_in_it() -> None:
    """A window that is looked at twice, or not at all, gives another program's rule figures that it has not."""
    clock = _Clock()
    hearing = Hearing(clock)
    hearing.liquidation(0.5, 1.0)
    hearing.liquidation(3.2, 1.0)
    hearing.until(5.0)
    assert clock.closed == [0, 1, 2, 3, 4, 5]
    assert clock.fed == [NS // 2, 3_200_000_000]


def test_time_does_not_run_backwards_nor_ahead_of_receipt() -> None:
    """One event with a stamp of next year would end a rule's day."""
    clock = _Clock()
    hearing = Hearing(clock)
    hearing.liquidation(10.0, 1.0)
    hearing.liquidation(9.0, 1.0)
    late = Liquidation(
        venue="okx",
        instrument="BTC-USDT-PERP",
        ts_event_ns=HOUR_NS + 9_000 * NS,
        ts_recv_ns=HOUR_NS + 11 * NS,
        liquidated="long",
        price=1.0,
        price_kind="fill",
        qty_base=1.0,
        notional_usd=1.0,
        sampled=False,
    )
    hearing.listener.feed([late])
    assert clock.fed == [10 * NS, 10 * NS, 11 * NS]


def test_a_gap_between_two_recordings_is_not_lived_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings years apart would be replayed second by second."""
    monkeypatch.setattr(listener, "LONGEST_S", 100)
    clock = _Clock()
    hearing = Hearing(clock)
    hearing.liquidation(0.0, 1.0)
    hearing.liquidation(1e9, 1.0)
    assert len(clock.closed) <= 102


def test_a_hole_is_no_time_that_a_rule_saw() -> None:
    """Weeks that nobody recorded would count as weeks without false alarms."""
    hearing = Hearing(Counts(NAPO99))
    hearing.liquidation(0.5, 1.0)
    hearing.until(100.0)
    hearing.trade(100_000.0, 1.0)
    hearing.until(100_010.0)
    first, last = hearing.listener.saw
    assert (first.to_ns, last.from_ns) == (HOUR_NS + 100 * NS, HOUR_NS + 100_000 * NS)


def test_a_rule_sees_liquidations_from_the_first_one_on() -> None:
    """Silence of a feed that never spoke would count as quiet time without false alarms."""
    hearing = Hearing(Counts(NAPO99))
    hearing.until(100.0)
    assert hearing.listener.saw == []
    hearing.liquidation(100.5, 1.0)
    hearing.until(5_000.0)
    assert hearing.listener.saw == [Stretch(HOUR_NS + 100 * NS, HOUR_NS + 5_000 * NS)]


def test_a_liquidation_of_unknown_worth_opens_no_eyes() -> None:
    """A rule about dollars would be called calm where nobody knows a dollar."""
    hearing = Hearing(Counts(NAPO99))
    hearing.liquidation(1.0, None)
    hearing.until(50.0)
    assert hearing.listener.saw == []


def test_every_other_input_has_to_be_fresh() -> None:
    """A rule that is fed once with open interest would be called seeing for the rest of the day."""
    hearing = Hearing(Phi())
    for minute in range(60):
        hearing.open_interest(minute * 60 + 1, 1_000.0)
        hearing.derivative(minute * 60 + 1, funding=0.0001)
        hearing.book(minute * 60 + 1, bid_qty=5.0, ask_qty=5.0)
    hearing.until(3_600 * 3.0)
    (seen,) = hearing.listener.saw
    assert seen.to_ns == HOUR_NS + (59 * 60 + 1 + 600) * NS
