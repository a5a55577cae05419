"""Trades of every market."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from producers.reconstruction.activity import build_activity, unbroken
from producers.reconstruction.facts import FIRST_MINUTE, minute_of
from producers.reconstruction.markets import Market, is_alt
from producers.reconstruction.off_book import Trades
from producers.reconstruction.prices import World
from producers.reconstruction.trades import Flow


@pytest.mark.parametrize("clock", ["20:25", "20:50", "21:19"])
def test_trades_are_in_order_inside_their_minute_and_as_many_as_the_activity_says(clock: str) -> None:
    """Counts per minute are what the table's rates are made of."""
    world, activity = World(seed=1, twin=False), build_activity(1)
    drawn = Flow(seed=1, activity=activity, cascade=world, shown=world).minute(minute_of(clock))
    start = (minute_of(clock) - FIRST_MINUTE) * 60
    total = 0
    for market, trades in drawn.items():
        assert np.all(np.diff(trades.at_s) >= 0), market.symbol
        assert np.all((trades.at_s >= start) & (trades.at_s < start + 60)), market.symbol
        assert np.all(np.diff(trades.ids) > 0), market.symbol
        assert np.all(trades.lots > 0), market.symbol
        total += int((trades.kind == 0).sum()) if is_alt(market) else 0
    assert total == activity.trades[start // 10 : start // 10 + 6].sum()


def test_sells_print_below_buys() -> None:
    """The taker pays the spread."""
    world = World(seed=1, twin=False)
    flow = Flow(seed=1, activity=build_activity(1), cascade=world, shown=world)
    for market, trades in flow.minute(minute_of("21:20")).items():
        if is_alt(market):
            mid = np.interp(trades.at_s, np.arange(7201), world.mid(market))
            off = np.log(trades.ticks * market.tick) - mid
            assert off[trades.sold & (trades.kind == 0)].mean() < off[~trades.sold].mean()


def test_in_the_macro_twin_volume_rises_with_the_move_and_does_not_dry_up() -> None:
    """A fall in which trading halves is a void, and no repricing."""
    cascade, world = World(seed=1, twin=False), World(seed=1, twin=True, macro=True)
    flow = Flow(seed=1, activity=unbroken(build_activity(1)), cascade=cascade, shown=world)
    calm, fast, fastest = (_dollars(flow.minute(minute_of(clock))) for clock in ("20:40", "21:13", "21:18"))
    for market in calm:
        if market.base != "USDE":
            assert fast[market] > 5 * calm[market], market.symbol
            assert fastest[market] > 5 * calm[market], market.symbol
    assert sum(fastest.values()) > sum(fast.values()) > 10 * sum(calm.values())


def test_the_macro_twin_trades_for_as_much_as_the_cascade_while_its_books_work() -> None:
    """Sizes of its own would set the price impact by hand."""
    cascade, world = World(seed=1, twin=False), World(seed=1, twin=True, macro=True)
    activity = build_activity(1)
    shown = Flow(seed=1, activity=unbroken(activity), cascade=cascade, shown=world)
    broken = Flow(seed=1, activity=activity, cascade=cascade, shown=cascade)
    for clock in ("20:52", "20:59", "21:05", "21:13"):
        here, there = (sum(_dollars(flow.minute(minute_of(clock))).values()) for flow in (shown, broken))
        assert here == pytest.approx(there, rel=0.15), clock


def test_the_macro_twin_keeps_no_fill_off_its_books() -> None:
    """A hole in its trade ids would be forced flow."""
    cascade, world = World(seed=1, twin=False), World(seed=1, twin=True, macro=True)
    flow = Flow(seed=1, activity=unbroken(build_activity(1)), cascade=cascade, shown=world)
    for market, trades in flow.minute(minute_of("21:18")).items():
        assert not trades.kind.any(), market.symbol
        assert np.all(np.diff(trades.ids) == 1), market.symbol


def _dollars(drawn: Mapping[Market, Trades]) -> dict[Market, float]:
    """What was traded on each market."""
    return {
        market: float((trades.lots * (market.contract_usd or trades.ticks * market.tick * market.lot)).sum())
        for market, trades in drawn.items()
    }
