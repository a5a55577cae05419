"""What a calibration gives to a market that awakes."""

from __future__ import annotations

import pytest

from detector.calibration.calibrated import Calibrated, Calibration, Floor, Usual
from detector.calibration.figures import FIGURES, FLOORS, figures_now
from detector.config import Config
from detector.quotes import BID, ONE_PERCENT, cell
from detector.signals import asset_move, depth, liquidations
from detector.stats.rolling_median import MAD_TO_SIGMA
from detector.verdict import CALM, WARN
from tests.kit.markets import Scene, instrument, ladder

BTC = instrument()


def usual(value: float) -> Usual:
    """A figure that is always the same."""
    return Usual(samples=60, quantiles=(value,) * 21)


def scene(**numbers: Usual | Floor) -> Scene:
    """A market of which these numbers are known."""
    known = Calibrated(BTC.venue, BTC.instrument, **numbers)  # type: ignore[arg-type]
    return Scene(BTC, config=Config(calibration=Calibration("abc", (known,))))


def test_every_number_of_a_calibration_is_a_figure_or_a_floor() -> None:
    """A number would stand in the file and change nothing."""
    assert set(Calibrated.__struct_fields__) == {"venue", "instrument", "quiet_hours", *FIGURES, *FLOORS}


def test_a_calibrated_market_has_a_sigma_from_its_first_second() -> None:
    """A shock in the first ten minutes after a restart would not be seen."""
    with_it, without = scene(move_60s=usual(0.001)), Scene(BTC)
    for world in (with_it, without):
        world.trade(BTC, 100.0)
        world.close()
    assert with_it.market(BTC).trading.sigma == pytest.approx(MAD_TO_SIGMA * 0.001)
    assert without.market(BTC).trading.sigma is None


def test_a_move_of_the_second_minute_is_a_flow_of_its_asset() -> None:
    """Usual orders would be missing beside the usual move, and the rule stay blind."""
    watched = scene(move_60s=usual(0.0003), orders_per_s=usual(0.1))
    for second in range(75):
        for order in range(10 if second > 15 else 1):
            watched.trade(BTC, 100.0 if second < 30 else 96.0, after_ms=100.0 * order)
        watched.close()
    (verdict,) = asset_move.evaluate(watched.world)
    assert verdict.severity == WARN


def test_depth_and_spread_are_judged_once_their_book_is_whole() -> None:
    """A book that was thin from the start would be its own normal."""
    watched = scene(
        **dict.fromkeys((name for name in FIGURES if name.endswith("_usd")), usual(1e6)), spread=usual(0.0001)
    )
    watched.snapshot(BTC, *ladder(100.0, usd=1_000.0))
    watched.trade(BTC, 100.0)
    watched.close()
    quotes = watched.market(BTC).quotes
    assert quotes.depth_ratio[cell(BID, ONE_PERCENT)] == pytest.approx(0.01, rel=0.1)
    assert quotes.spread_ratio == pytest.approx(10.0, rel=0.01)
    thinned, wide = depth.evaluate(watched.world)
    assert thinned.severity > WARN
    assert wide.severity == WARN


def test_a_spread_that_the_calm_knows_is_no_withdrawal() -> None:
    """A market with a coarse price step would warn whenever its spread is two steps."""
    watched = scene(spread=usual(0.0001), least_spread=Floor(samples=60, value=0.002))
    watched.snapshot(BTC, *ladder(100.0, usd=1_000.0))
    watched.trade(BTC, 100.0)
    watched.close()
    _, wide = depth.evaluate(watched.world)
    assert wide.severity == CALM


def test_the_own_floors_hold_beside_the_common_ones() -> None:
    """Two steps of the price, or the minute that comes every night, would be an alarm."""
    watched = scene(
        move_60s=usual(0.0), least_sigma=Floor(60, 0.002), least_liquidated_usd_min=Floor(2_000, 3_000_000.0)
    )
    watched.trade(BTC, 100.0)
    watched.liquidation(BTC, 2_000_000.0)
    watched.close()
    assert watched.market(BTC).trading.sigma == 0.002
    (verdict,) = liquidations.evaluate(watched.world)
    assert verdict.severity == CALM


def test_what_is_unknown_is_no_figure() -> None:
    """A market without a book would calibrate a depth of nothing."""
    watched = Scene(BTC)
    watched.trade(BTC, 100.0)
    watched.close()
    assert set(figures_now(watched.market(BTC))) <= {"orders_per_s", "delay_s"}
