"""V/D: what was forced over the depth that was usual."""

from __future__ import annotations

import pytest

from detector.pressure import pressure
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from detector.stats.rolling_median import RollingMedian
from schemas.market import Position
from tests.kit.markets import Scene, instrument

BTC = instrument()


def scene_of(bid_usd: float | None = 1_000.0, ask_usd: float | None = 4_000.0) -> Scene:
    """A market with a usual depth a side."""
    scene = Scene(BTC)
    for side, usd in ((BID, bid_usd), (ASK, ask_usd)):
        scene.market(BTC).quotes.usual_depth[cell(side, ONE_PERCENT)] = RollingMedian(value=usd)
    return scene


@pytest.mark.parametrize(("liquidated", "ratio", "direction"), [("long", 2.0, "down"), ("short", 0.5, "up")])
def test_it_is_measured_by_the_side_that_forced_orders_hit(liquidated: Position, ratio: float, direction: str) -> None:
    """A squeeze upwards would be measured by the bids."""
    scene = scene_of()
    scene.liquidation(BTC, 2_000.0, liquidated=liquidated)
    scene.close()
    found = pressure(scene.market(BTC), scene.now_ns)
    assert found is not None
    assert (found.ratio, found.forced_usd, found.direction) == (ratio, 2_000.0, direction)


@pytest.mark.parametrize(("bid_usd", "ask_usd"), [(None, 4_000.0), (1_000.0, None), (0.0, 4_000.0)])
def test_without_a_warm_book_it_is_unknown(bid_usd: float | None, ask_usd: float | None) -> None:
    """Dividing by nothing would be a cascade."""
    scene = scene_of(bid_usd, ask_usd)
    scene.liquidation(BTC, 2_000.0)
    scene.close()
    assert pressure(scene.market(BTC), scene.now_ns) is None


def test_before_the_first_liquidation_it_is_unknown() -> None:
    """A venue that shows none would be the calmest."""
    scene = scene_of()
    scene.close()
    assert pressure(scene.market(BTC), scene.now_ns) is None
