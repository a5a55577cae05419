from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.trading import Trading
from producers.tables.binance_candles import MINUTE_NS, Candle, prints, told
from producers.tables.tardis_symbols import Markets
from schemas.instrument import Instrument
from schemas.market import DerivativeState, Trade

BEGINS_NS = 1_760_130_000_000_000_000


def market() -> Instrument:
    return Markets().define("binance", "USDEUSDT", 0, 0)


def candle(*, minute: int = 0, close: float = 1.2, volume: float = 80.0, bought: float = 0.25) -> Candle:
    return Candle(BEGINS_NS + minute * MINUTE_NS, 1.0, 1.5, 0.5, close, volume, bought)


def trades(one: Candle) -> list[Trade]:
    return [event for event in prints(market(), one) if isinstance(event, Trade)]


def test_a_minute_that_rose_went_down_first_and_one_that_fell_up() -> None:
    """The low of a crash would come after its recovery."""
    assert [trade.price for trade in trades(candle())] == [1.0, 1.0, 0.5, 0.5, 1.5, 1.5, 1.2, 1.2]
    assert [trade.price for trade in trades(candle(close=0.8))] == [1.0, 1.0, 1.5, 1.5, 0.5, 0.5, 0.8, 0.8]


def test_no_price_gets_stale_within_its_minute() -> None:
    """A peg is unknown after ten seconds without a trade."""
    times = [trade.ts_event_ns - BEGINS_NS for trade in trades(candle())]
    assert times == [MINUTE_NS + number * 7_500_000_000 for number in range(8)]


def test_nothing_of_a_candle_is_told_before_it_is_over() -> None:
    """The low of a minute would be known at its beginning: every onset on candles would be foreseen."""
    for one in (candle(), candle(volume=0.0)):
        events = list(prints(market(), one))
        assert min(event.ts_event_ns for event in events) == one.begins_ns + MINUTE_NS
        assert max(event.ts_recv_ns for event in events) < one.begins_ns + 2 * MINUTE_NS
        assert all(event.ts_event_ns == event.ts_recv_ns for event in events)


@given(volume=st.floats(1e-6, 1e12), bought=st.floats(0.0, 1.0))
def test_volume_and_takers_are_those_of_the_candle(volume: float, bought: float) -> None:
    """Half of a minute's volume would be lost, or all of it bought."""
    found = trades(candle(volume=volume, bought=bought))
    assert sum(trade.qty for trade in found) == pytest.approx(volume)
    assert abs(sum(trade.taker == "buy" for trade in found) - 8 * bought) <= 0.5


def test_a_minute_without_volume_has_no_price_and_is_no_silence() -> None:
    """A quiet coin would be a feed that was cut; or a price would stand that nobody paid."""
    found = list(prints(market(), candle(volume=0.0)))
    assert len(found) == 8
    for event in found:
        assert isinstance(event, DerivativeState)
        assert (event.mark, event.index, event.funding_rate) == (None, None, None)


def test_what_is_made_up_moves_no_rate_of_orders_and_no_impact() -> None:
    """Orders that nobody gave would be an order flow ten times the usual."""
    trading = Trading()
    for second in range(4_000):
        if second == 3_600:
            for trade in trades(candle()):
                trading.on_trade(trade, trade.ts_event_ns)
        trading.close_second(second, learn=True)
    assert trading.usual_rate.value == 0.0
    assert trading.rate_ratio is not None
    assert trading.rate_ratio < 10
    assert not trading.notional_known


def test_candles_follow_each_other() -> None:
    """A day that is in the file twice would turn the clock back."""
    skipped = Counter[str]()
    events = list(told([candle(), candle(), candle(minute=2), candle(minute=1)], lambda _: market(), skipped))
    assert len(events) == 1 + 2 * 8
    assert skipped == {"not_in_order": 2}
    assert list(told([candle()], lambda _: None, skipped)) == []


@pytest.mark.parametrize(
    "change",
    [{"low": 0.0}, {"low": 1.1}, {"high": 1.1}, {"volume": -1.0}, {"volume": float("nan")}, {"high": float("inf")}],
)
def test_prices_outside_their_own_extremes_are_no_candle(change: dict[str, float]) -> None:
    """A damaged row would be a crash."""
    assert candle().possible
    assert not candle()._replace(**change).possible  # type: ignore[arg-type]
