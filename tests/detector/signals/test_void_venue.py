import pytest

from detector.signals import void_venue
from detector.verdict import CALM, EMERGENCY
from tests.kit.falling import COINS, coins, collapse, cut_in_a_fall
from tests.kit.markets import find, said

ATOM = COINS[0]
SIGNS = pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])


@pytest.mark.parametrize(
    ("moves", "rate", "severity", "holds"),
    [
        ([0.11, 0.12, 0.20, 0.0], 4.0, EMERGENCY, True),
        ([0.11, 0.12, 0.20, 0.0], 5.0, CALM, True),
        ([0.30, 0.30, 0.0, 0.0, 0.0], 0.0, CALM, False),
        ([0.30, 0.12, 0.09, 0.0, 0.0], 0.0, CALM, True),
        ([0.04] * 5, 0.0, CALM, False),
    ],
)
@SIGNS
def test_a_venue_is_void_when_its_median_asset_is(
    moves: list[float], rate: float, severity: int, holds: bool, sign: int, direction: str
) -> None:
    """Two coins that collapse are a story of two coins."""
    scene = coins([sign * move for move in moves], rate)
    verdict = find(void_venue.evaluate(scene.overview()), void_venue.RULE, venue="binance-coinm", asset="*")
    assert said(verdict) == (severity, holds, True, direction if holds else "none")


def test_three_assets_are_no_venue() -> None:
    """A median of three is one coin's opinion."""
    assert not find(void_venue.evaluate(coins([-0.5, -0.5, -0.5, None]).overview()), void_venue.RULE).known


@pytest.mark.parametrize(("ago_s", "known"), [(9.9, True), (10.0, False)])
def test_only_prices_of_the_last_seconds_make_a_venues_median(ago_s: float, known: bool) -> None:
    """Coins that stopped trading before the fall would say that nothing fell."""
    scene = coins([-0.2] * 4)
    scene.traded_last(ATOM, ago_s=ago_s)
    assert find(void_venue.evaluate(scene.overview()), void_venue.RULE).known is known


def test_a_stale_price_does_not_hold_the_median_up() -> None:
    """Two dead coins beside three that collapse are no calm venue."""
    scene = coins([0.0, -0.2, -0.2, -0.2, -0.2])
    scene.market(COINS[1]).trading.move_60s = 0.0
    scene.market(COINS[2]).trading.move_60s = -0.01
    assert find(void_venue.evaluate(scene.overview()), void_venue.RULE).severity == CALM
    scene.traded_last(ATOM, ago_s=11.0)
    verdict = find(void_venue.evaluate(scene.overview()), void_venue.RULE)
    assert said(verdict) == (EMERGENCY, True, True, "down")
    assert verdict.evidence[0].value == pytest.approx(-0.105)


@pytest.mark.parametrize(("ago_s", "known"), [(0.0, True), (3.0, True), (3.1, False), (600.0, False)])
def test_a_feed_that_was_cut_is_no_void(ago_s: float, known: bool) -> None:
    """Trading halves on a dead socket too: each reconnect in a fall would be the worst alert there is."""
    scene = coins([-0.2] * 5, ago_s=ago_s)
    assert find(void_venue.evaluate(scene.overview()), void_venue.RULE).known is known


def test_a_cut_in_a_busy_fall_is_no_void() -> None:
    """The rate over ten seconds sinks with every second of the cut."""
    found = [find(void_venue.evaluate(scene.overview()), void_venue.RULE) for scene in cut_in_a_fall()]
    assert said(found[0]) == (CALM, True, True, "down")
    assert {verdict.severity for verdict in found} == {CALM}
    assert not found[-1].known


@pytest.mark.parametrize("factor", [1.0, 1e-5, 4e3])
@SIGNS
def test_a_real_collapse_is_a_void_whatever_the_coins_cost(factor: float, sign: int, direction: str) -> None:
    """Thresholds would mean something else for every coin."""
    view = collapse(factor, sign).overview()
    assert said(find(void_venue.evaluate(view), void_venue.RULE)) == (EMERGENCY, True, True, direction)


@pytest.mark.parametrize(("heard_s", "known"), [(9, False), (10, True)])
def test_the_first_seconds_after_a_hole_in_the_feed_are_no_void(heard_s: int, known: bool) -> None:
    """A rate that begins anew is low: each cable that is back would be the worst alert there is."""
    scene = coins([-0.2] * 5)
    scene.pulses["binance-coinm"].quiet_s = scene.now_s - heard_s
    verdict = find(void_venue.evaluate(scene.overview()), void_venue.RULE, venue="binance-coinm")
    assert (verdict.known, verdict.severity) == (known, EMERGENCY if known else CALM)
