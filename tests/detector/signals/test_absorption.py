"""Assets that move as one, and then fall apart from each other."""

from __future__ import annotations

from random import Random

import pytest

from detector.config import Config
from detector.overview import Overview
from detector.pool import Pool
from detector.signals.absorption import APART, TOGETHER, Coupling
from detector.verdict import CALM, WARN, WATCH, Verdict
from schemas.reading import AssetReading, MarketReading

NS = 1_000_000_000
NAMES = "ABCDEFGH"


class Crowd:
    """Eight assets that are told to move alone or together."""

    def __init__(self) -> None:
        self.prices = dict.fromkeys(NAMES, 100.0)
        self.coupling = Coupling()
        self.noise = Random(7)
        self.now_s = 0

    def move(self, seconds: int, *, common: float, drift: float = 0.0, learn: bool = True) -> dict[str, Verdict]:
        """Let five-second steps pass; the verdicts of the last second."""
        found: dict[str, Verdict] = {}
        for _ in range(0, seconds, 5):
            self.now_s += 5
            one = self.noise.gauss(0, 1)
            for name in NAMES:
                shake = common**0.5 * one + (1 - common) ** 0.5 * self.noise.gauss(0, 1)
                self.prices[name] *= 1 + 0.001 * shake
            view = Overview(Config(), self.now_s * NS, [self.read(name, drift) for name in NAMES], Pool(), {})
            found = {verdict.rule: verdict for verdict in self.coupling.evaluate(view, learn)}
        return found

    def read(self, name: str, drift: float) -> AssetReading:
        """What an asset reads."""
        market = MarketReading(
            venue="coinm",
            instrument=f"{name}-USD-PERP",
            market="perp",
            price=self.prices[name],
            last_trade_ns=self.now_s * NS,
            move_60s=drift,
        )
        return AssetReading(asset=name, markets=(market,))


def test_it_is_blind_for_ten_minutes() -> None:
    """A start in the middle of a crash would be called calm."""
    found = Crowd().move(300, common=0.1)
    assert not found[TOGETHER].known
    assert not found[APART].known


def test_a_common_shock_is_seen_against_the_own_hour() -> None:
    """Majors move as one every day: what counts is more than usual."""
    crowd = Crowd()
    assert crowd.move(1_500, common=0.1)[TOGETHER].severity == CALM
    assert crowd.move(600, common=0.95, learn=False)[TOGETHER].severity == WATCH
    always = Crowd()
    assert always.move(2_400, common=0.95)[TOGETHER].severity == CALM


@pytest.mark.parametrize(("drift", "direction"), [(-0.05, "down"), (0.05, "up")])
def test_a_breakdown_counts_while_moves_are_large(drift: float, direction: str) -> None:
    """In a void each asset falls through its own book; in the calm after a shock none does."""
    crowd = Crowd()
    crowd.move(1_500, common=0.1)
    crowd.move(600, common=0.95, learn=False)
    assert crowd.move(500, common=0.0, drift=0.001, learn=False)[APART].severity == CALM
    found = crowd.move(5, common=0.0, drift=drift, learn=False)[APART]
    assert (found.severity, found.direction) == (WARN, direction)


def test_a_change_of_market_is_no_move() -> None:
    """A venue that goes silent would make its assets leap to another venue's price."""
    crowd = Crowd()
    crowd.move(1_500, common=0.95)
    before = crowd.coupling.ratio.value
    crowd.coupling.markets = dict.fromkeys(NAMES, "gone|market")
    crowd.move(5, common=0.95)
    assert before is not None
    assert crowd.coupling.ratio.value == pytest.approx(before, abs=0.02)
