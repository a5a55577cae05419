import pytest

from detector.config import Config
from detector.overview import NS, Overview
from detector.pool import Pool
from detector.signals import dislocation_breadth
from detector.signals.dislocation import Dislocations
from detector.signals.dislocation_breadth import Apart
from detector.stats.rolling_median import RollingMedian
from detector.verdict import CALM, CRITICAL, EMERGENCY, HIGH, WATCH, Verdict
from schemas.reading import AssetReading
from tests.kit.markets import Scene, find, instrument


def verdict(view: Overview, memory: Apart | None = None) -> Verdict:
    memory = memory or Apart()
    return find(memory.evaluate(view), dislocation_breadth.RULE, venue="market", asset="*")


def apart(*sizes: float | None, memory: Apart | None = None, second: int = 0) -> Verdict:
    """Assets whose markets have been so far apart for some seconds."""
    assets = [AssetReading(asset=f"A{n}", markets=(), dislocation=size) for n, size in enumerate(sizes)]
    return verdict(Overview(Config(), second * NS, assets, Pool(), {}), memory)


@pytest.mark.parametrize(
    ("sizes", "severity", "holds"),
    [
        ((0.05, 0.0024, 0.0), CALM, False),
        ((0.05, 0.0025, 0.0), CALM, True),
        ((0.005, 0.005, 0.0), WATCH, True),
        ((0.010, 0.010, 0.0), HIGH, True),
        ((0.030, 0.030, 0.0), CRITICAL, True),
        ((0.06, 0.06, 0.01), CRITICAL, True),
        ((0.05, 0.05, 0.05), EMERGENCY, True),
        ((0.05, 0.05, 0.049), CRITICAL, True),
        ((0.5, 0.0), CALM, False),
        ((None, 0.06, None, 0.03), CRITICAL, True),
    ],
)
def test_breadth_is_graded_by_the_second_and_third_asset(
    sizes: tuple[float | None, ...], severity: int, holds: bool
) -> None:
    """One coin's listing is no void of a market."""
    for order in (sizes, sizes[::-1]):
        found = apart(*order)
        assert (found.severity, found.holds, found.known) == (severity, holds, True)
        assert bool(found.evidence) == bool(severity)


def test_it_is_unknown_while_no_asset_can_be_compared() -> None:
    """One venue alone would be called in agreement with itself."""
    assert not apart().known
    assert not apart(None, None).known
    assert not apart(0.5, None).known


def test_an_asset_that_was_apart_and_cannot_be_compared_is_not_in_agreement() -> None:
    """The feed of the venue that is apart fails, and everybody is told that prices agree."""
    memory = Apart()
    assert apart(0.06, 0.04, 0.0, memory=memory, second=1).severity == CRITICAL
    assert not apart(0.06, None, 0.0, memory=memory, second=2).known
    assert apart(0.06, None, 0.03, memory=memory, second=3).severity == CRITICAL
    assert not apart(0.0, None, 0.0, memory=memory, second=901).known
    assert apart(0.0, None, 0.0, memory=memory, second=904).known


def test_an_asset_that_agrees_again_is_forgotten() -> None:
    """A dislocation that is over would never clear once the asset is not traded any more."""
    memory = Apart()
    apart(0.06, 0.04, 0.0, memory=memory, second=1)
    apart(0.0, 0.0, 0.0, memory=memory, second=2)
    assert apart(None, 0.0, 0.0, memory=memory, second=3).known


def test_its_evidence_counts_the_assets_apart() -> None:
    """An alert without numbers cannot be checked."""
    found = apart(0.04, 0.02, 0.006, 0.004)
    assert [(e.signal, e.value) for e in found.evidence] == [
        ("second_largest_deviation", 0.02),
        ("assets_beyond_half_percent", 3.0),
    ]


@pytest.mark.parametrize(("move", "direction"), [(-0.05, "down"), (0.05, "up")])
def test_it_points_where_the_market_went(move: float, direction: str) -> None:
    """A void above the market and one below it are different alerts."""
    markets = [instrument(base, venue=venue, quote="USD") for base in ("AVAX", "DOT") for venue in ("coinbase", "okx")]
    scene, signal = Scene(*markets), Dislocations()
    for definition in markets:
        key = f"{definition.venue}|{definition.instrument}"
        signal.usual[key] = RollingMedian(every_s=1, warm=2, size=30)
    for second in range(75):
        for definition in markets:
            away = move if second >= 70 and definition.venue == "okx" else 0.0
            scene.trade(definition, 1.0 + away)
        scene.close()
        list(signal.evaluate(scene.world, second < 70))
    found = verdict(scene.overview(signal))
    assert (found.severity, found.direction) == (CRITICAL, direction)
