"""Trades of every market."""

from __future__ import annotations

import numpy as np
import pytest

from producers.reconstruction.activity import build_activity
from producers.reconstruction.facts import FIRST_MINUTE, minute_of
from producers.reconstruction.markets import is_alt
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
