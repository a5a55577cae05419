"""One asset's quarter of an hour: which market is followed, what is blind, what was liquidated when."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest

from detector.alerts.recent_asset import RecentAsset
from detector.alerts.window import STEPS, step_of
from schemas.reading import MarketReading
from tests.kit.quarter import market
from tests.kit.told import at


def play(asset: RecentAsset, seconds: range, **changes: Any) -> None:
    """The one market of these seconds."""
    for second in seconds:
        asset.take((market(second, **changes),), at(second))


def steps(ring: Any, first: int, last: int) -> list[float | None]:
    """What a ring holds of the steps that end in these seconds; None where nobody knows."""
    values = [ring[step_of(at(second)) % STEPS] for second in range(first, last + 1, 5)]
    return [None if isnan(value) else round(value, 3) for value in values]


def test_each_step_keeps_its_last_second() -> None:
    """The newest price would be up to five seconds old when the message is sent."""
    asset = RecentAsset()
    for second in range(1, 13):
        asset.take((market(second, price=float(second)),), at(second))
    assert steps(asset.price, 5, 15) == [5.0, 10.0, 12.0]
    asset.take((market(3, price=999.0),), at(3))
    assert steps(asset.price, 5, 15) == [5.0, 10.0, 12.0]


def test_what_was_passed_over_is_unknown() -> None:
    """Values of a quarter of an hour ago would fill a gap."""
    asset = RecentAsset()
    play(asset, range(5, 901, 5), liquidations_seen=True)
    play(asset, range(920, 921), liquidations_seen=True)
    assert steps(asset.price, 900, 920) == [100.0, None, None, None, 100.0]
    assert steps(asset.depth, 900, 920) == [2e6, None, None, None, 2e6]
    assert asset.liquidated is not None
    assert steps(asset.liquidated[0], 900, 920) == [0.0, None, None, None, 0.0]
    play(asset, range(9_000, 9_001))
    assert steps(asset.price, 8_110, 9_000) == [None] * 178 + [100.0]


def test_the_busiest_market_is_followed_and_another_only_where_it_is_clearly_busier() -> None:
    """A line would jump to and fro between two venues that are equally busy."""
    asset = RecentAsset()

    def minute(number: int, north_usd: float, south_usd: float) -> float | None:
        for second in range(number * 60 + 5, number * 60 + 61, 5):
            north = market(second, "north", price=100.0, traded_usd_60s=north_usd)
            south = market(second, "south", price=110.0 + number, traded_usd_60s=south_usd)
            asset.take((north, south), at(second))
        return steps(asset.price, number * 60 + 60, number * 60 + 60)[0]

    assert minute(0, 1_000.0, 900.0) == 100.0
    assert minute(1, 1_000.0, 1_200.0) == 100.0
    # From here on the line goes as the other market does, from where it stands: 113 after 112 is no gain of 13 %.
    assert minute(2, 1_000.0, 9_000.0) == 100.0
    assert minute(3, 1_000.0, 9_000.0) == pytest.approx(100.0 * 113 / 112, abs=0.01)


def test_when_the_followed_market_falls_silent_the_line_goes_on_elsewhere_and_hides_no_fall() -> None:
    """The venue that breaks first would take the price of the whole crash with it."""
    asset = RecentAsset()
    for second in range(5, 181, 5):
        north = market(second, "north", traded_usd_60s=9_000.0, last_event_ns=at(min(second, 120)))
        south = market(second, "south", price=200.0 if second <= 120 else 100.0)
        asset.take((north, south), at(second))
    assert steps(asset.price, 145, 160) == [100.0, 100.0, 50.0, 50.0]


def test_a_silent_market_has_no_price_where_nobody_knows_how_another_compares() -> None:
    """Coins and thousands of coins would be one line."""
    asset = RecentAsset()
    play(asset, range(5, 61, 5))
    for second in range(65, 121, 5):
        silent = market(second, last_event_ns=at(60))
        asset.take((silent, market(second, "south", price=7.0, last_event_ns=at(second * (second > 90)))), at(second))
    assert steps(asset.price, 85, 105) == [100.0, 100.0, None, None, None]
    # Once nothing of the other is left in the window there is nothing to be compared with.
    for second in range(125, 1_001, 5):
        asset.take((market(second, "south", price=7.0),), at(second))
    assert steps(asset.price, 975, 1_000) == [None, None, None, 7.0, 7.0, 7.0]


def test_a_book_that_cannot_be_seen_is_told_apart_from_one_that_is_empty() -> None:
    """A lost connection would look like makers who left."""
    asset = RecentAsset()

    def two(second: float, **south: Any) -> tuple[MarketReading, ...]:
        return market(second), market(second, "south", bid_depth_2pct_usd=5e6, ask_depth_2pct_usd=5e6, **south)

    asset.take(two(5), at(5))
    asset.take((market(10), market(10, "south", bid_depth_2pct_usd=None)), at(10))
    asset.take(two(15, last_event_ns=at(-60)), at(15))
    asset.take(two(20), at(20))
    nothing = [market(25, venue, ask_depth_2pct_usd=None) for venue in ("north", "south")]
    asset.take(nothing, at(25))
    assert steps(asset.depth, 5, 25) == [12e6, 2e6, 2e6, 12e6, None]
    assert steps(asset.blind, 5, 25) == [None, 10e6, 10e6, None, 12e6]


def test_a_book_that_was_not_seen_for_the_whole_window_is_missed_no_more() -> None:
    """A delisted market would be hatched for ever."""
    asset = RecentAsset()
    asset.take((market(5), market(5, "south")), at(5))
    play(asset, range(10, 1_000, 5))
    assert steps(asset.blind, 895, 910) == [2e6, 2e6, None, None]


def test_minutes_of_liquidations_are_taken_apart_into_steps() -> None:
    """A burst would be drawn twelve times."""
    asset = RecentAsset()
    for second in range(5, 301, 5):
        last_minute = [at for at in (100, 103, 180) if second - 60 < at <= second]
        sums: dict[str, Any] = {"liquidated_longs_usd": 50.0 * len(last_minute), "liquidated_shorts_usd": 0.0}
        asset.take((market(second, liquidations_seen=True, **sums),), at(second))
    assert asset.liquidated is not None
    longs = {at: usd for at, usd in zip(range(5, 301, 5), steps(asset.liquidated[0], 5, 300), strict=True) if usd}
    assert longs == {100: 50.0, 105: 50.0, 180: 50.0}
    assert not any(steps(asset.liquidated[1], 5, 300))


def test_who_comes_in_the_middle_shares_the_minute_out() -> None:
    """The first step after a start would look like the crash itself."""
    asset = RecentAsset()
    play(asset, range(60, 66, 5), liquidations_seen=True, liquidated_longs_usd=120.0)
    assert asset.liquidated is not None
    assert steps(asset.liquidated[0], 5, 65) == [10.0] * 13
    assert RecentAsset().liquidated is None


@pytest.mark.parametrize("odd", [0.0, -1.0, float("inf"), float("nan"), 1e-46, 1e300])
def test_what_is_no_price_and_no_sum_of_money_is_unknown(odd: float) -> None:
    """One market at a price of 0 would end all messages, and again after every restart."""
    asset = RecentAsset()
    changes: dict[str, Any] = {
        "bid_depth_2pct_usd": -abs(odd) or -1.0,
        "traded_usd_60s": odd,
        "liquidated_longs_usd": odd,
    }
    for second in range(5, 186, 5):
        price = odd if 60 < second <= 120 else 100.0
        north = market(second, "north", price=price, liquidations_seen=True, **changes)
        south = market(second, "south", price=odd, traded_usd_60s=odd)
        asset.take((north, south), at(second))
    known = [step is not None for step in steps(asset.price, 5, 185)]
    assert known == [not 60 < second <= 120 for second in range(5, 186, 5)]
    assert {step for step in steps(asset.price, 5, 185) if step is not None} == {100.0}
    assert set(steps(asset.depth, 5, 185)) == {2e6}
    assert asset.liquidated is not None
    assert steps(asset.liquidated[0], 5, 185) == [0.0] * 37
