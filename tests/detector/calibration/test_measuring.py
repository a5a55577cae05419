"""From samples to numbers, and to reasons where there is no number."""

from __future__ import annotations

import pytest

from detector.calibration.gathering import Gathered
from detector.calibration.measuring import LEAST_MINUTES, LEAST_SAMPLES, calibrated
from detector.calibration.samples import Thinned
from detector.config import Config


def market(samples: int = 101, **changes: float) -> Gathered:
    """A market seen so often, whose figures rise evenly from 0."""
    found = Gathered("north", "BTC-USDT-PERP", looks=samples, price=100.0, **changes)  # type: ignore[arg-type]
    for name, size in (("move_60s", 0.001), ("spread", 0.0001)):
        found.figures[name] = Thinned()
        for number in range(samples):
            found.figures[name].offer(size * number / 100)
    return found


def test_quantiles_are_those_of_the_samples() -> None:
    """The detector would begin with another market's normal."""
    known, _ = calibrated(market(), Config())
    assert known.move_60s is not None
    assert known.move_60s.samples == 101
    assert known.move_60s.quantiles == pytest.approx([0.001 * step / 20 for step in range(21)])
    assert known.move_60s.median == 0.0005


def test_too_few_samples_are_not_written_and_said() -> None:
    """Three samples would pass for what is usual."""
    known, why = calibrated(market(LEAST_SAMPLES - 1), Config())
    assert known.move_60s is None
    assert why["move_60s"] == "too few samples: 59 of 60"
    assert why["delay_s"] == "never seen"
    assert calibrated(market(LEAST_SAMPLES), Config())[0].move_60s is not None


def test_a_coarse_price_has_a_sigma_floor_of_two_steps() -> None:
    """Every step of the price would be many sigma."""
    coarse, _ = calibrated(market(step=0.1), Config())
    assert coarse.least_sigma is not None
    assert coarse.least_sigma.value == 0.002
    fine, why = calibrated(market(step=0.01), Config())
    assert fine.least_sigma is None
    assert why["least_sigma"] == "2 price steps are 2 bp: the common floor of 3 bp holds"


def test_a_wide_calm_spread_is_its_floor() -> None:
    """A market that is always wide would warn at the common floor."""
    wide = market()
    wide.figures["spread"].values = [value * 100 for value in wide.figures["spread"].values]
    known, _ = calibrated(wide, Config())
    assert known.least_spread is not None
    assert known.least_spread.value == pytest.approx(0.0099)
    assert calibrated(market(), Config())[1]["least_spread"] == "P99 is 0.99 bp: the common floor of 2 bp holds"


def test_the_floor_of_liquidations_needs_a_thousand_minutes() -> None:
    """The largest of a quiet hour would be called one in a thousand."""
    found = market()
    for _ in range(LEAST_MINUTES - 1):
        found.minutes.offer(5.0)
    known, why = calibrated(found, Config())
    assert known.least_liquidated_usd_min is None
    assert why["least_liquidated_usd_min"] == "too few minutes: 999 of 1000"
    found.minutes.offer(9.0)
    floor = calibrated(found, Config())[0].least_liquidated_usd_min
    assert floor is not None
    assert floor.value == 5.0


def test_a_difference_to_peers_that_wanders_is_not_written() -> None:
    """The next turn of it would be a dislocation from the first second, which is never learnt."""
    for width, steady in ((0.002, True), (0.004, False)):
        found = market()
        found.figures["basis"] = Thinned()
        for number in range(101):
            found.figures["basis"].offer(width * (number / 100 - 0.5))
        known, why = calibrated(found, Config())
        assert (known.basis is not None) is steady
        assert ("basis" in why) is not steady
    assert why["basis"] == "not steady: nine tenths of it are 0.36% apart"
