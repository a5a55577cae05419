import pytest

from detector.config import Config
from detector.quotes import ASK, BID, HALF_PERCENT, ONE_PERCENT, TWO_PERCENT, cell
from detector.signals import void
from detector.verdict import CALM, HIGH, WARN, Verdict
from tests.kit.falling import COINS, coins, collapse, cut_in_a_fall
from tests.kit.markets import find, ladder, quick_to_learn, said

ATOM = COINS[0]
SIGNS = pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])


@pytest.mark.parametrize(
    ("move", "rate", "severity", "holds"),
    [
        (0.101, 4.9, HIGH, True),
        (0.101, 5.0, CALM, True),  # trading has not halved: a fall that somebody takes
        (0.099, 1.0, CALM, True),
        (0.051, 10.0, CALM, True),
        (0.049, 0.0, CALM, False),
    ],
)
@SIGNS
def test_a_tenth_in_a_minute_while_trading_halves_is_a_void(
    move: float, rate: float, severity: int, holds: bool, sign: int, direction: str
) -> None:
    """A detector that waits for a burst of trades is silent at the worst moment."""
    scene = coins([sign * move], rate)
    verdict = find(void.evaluate(scene.world), void.TWIN, venue="binance-coinm", asset="ATOM")
    assert said(verdict) == (severity, holds, True, direction if holds else "none")


@pytest.mark.parametrize(("move", "rate_ratio"), [(None, 1.0), (-0.5, None)])
def test_a_market_without_history_cannot_be_void(move: float | None, rate_ratio: float | None) -> None:
    """Its rate of five minutes ago is not known."""
    scene = coins([move])
    scene.market(ATOM).trading.rate_ratio = rate_ratio
    assert not find(void.evaluate(scene.world), void.TWIN).known


@pytest.mark.parametrize(("ago_s", "known"), [(0.0, True), (3.0, True), (3.1, False), (600.0, False)])
def test_a_feed_that_was_cut_is_no_void(ago_s: float, known: bool) -> None:
    """Trading halves on a dead socket too: each reconnect in a fall would be the worst alert there is."""
    found = void.evaluate(coins([-0.2] * 5, ago_s=ago_s).world)
    assert find(found, void.TWIN, asset="ATOM").known is known


def test_a_market_that_falls_silent_while_its_venue_trades_may_be_void() -> None:
    """The void itself: a coin that nobody buys any more, on a feed that works."""
    scene = coins([-0.2, 0.0])
    scene.traded_last(ATOM, ago_s=30.0)
    assert find(void.evaluate(scene.world), void.TWIN, asset="ATOM").severity == HIGH


def test_a_cut_in_a_busy_fall_is_no_void() -> None:
    """The rate over ten seconds sinks with every second of the cut."""
    for scene in cut_in_a_fall():
        found = list(void.evaluate(scene.world))
        assert {verdict.severity for verdict in found} == {CALM}
    assert (scene.market(ATOM).trading.move_60s or 0.0) < -0.1
    assert not find(found, void.TWIN, asset="ATOM").known


@pytest.mark.parametrize(
    ("ratio", "move", "severity", "holds"),
    [
        (5.1, 0.021, WARN, True),
        (5.0, 0.021, CALM, True),
        (50.0, 0.019, CALM, True),  # without the move it fired nine times in the calm
        (2.6, 0.011, CALM, True),
        (2.5, 0.5, CALM, False),
        (50.0, 0.009, CALM, False),
    ],
)
@SIGNS
def test_impact_counts_with_a_move_behind_it(
    ratio: float, move: float, severity: int, holds: bool, sign: int, direction: str
) -> None:
    """Each dollar moves the price more when nobody stands behind the book."""
    scene = coins([sign * move])
    scene.market(ATOM).trading.impact_ratio = ratio
    verdict = find(void.evaluate(scene.world), void.IMPACT)
    assert said(verdict) == (severity, holds, True, direction if holds else "none")


def test_impact_is_unknown_without_flow() -> None:
    """λ needs trades; a void has few."""
    assert not find(void.evaluate(coins([-0.5]).world), void.IMPACT).known


@pytest.mark.parametrize(
    ("depth", "spread", "severity", "holds"),
    [
        (0.149, 20.1, HIGH, True),
        (0.149, 20.0, CALM, True),
        (0.151, 99.0, CALM, True),
        (0.049, 1.0, HIGH, True),
        (0.29, 99.0, CALM, True),
        (0.31, 99.0, CALM, False),
    ],
)
@pytest.mark.parametrize(("side", "direction"), [(BID, "down"), (ASK, "up")])
def test_a_book_is_empty_when_depth_is_gone_and_the_spread_is_wide(
    depth: float, spread: float, severity: int, holds: bool, side: int, direction: str
) -> None:
    """Either side's makers may be the ones who left: price goes where nobody stands."""
    verdict = emptied(side, depth, depth, 1.0, spread)
    assert said(verdict) == (severity, holds, True, direction if holds else "none")
    assert bool(verdict.evidence) == bool(severity)


def emptied(side: int, half: float | None, one: float | None, two: float | None, spread: float = 99.0) -> Verdict:
    """A book whose bands of one side stand so against their usual; the other side is whole."""
    scene = coins([-0.2])
    quotes = scene.market(ATOM).ensure_book()
    quotes.depth_ratio, quotes.spread_ratio = [1.0] * 8, spread
    for band, ratio in ((HALF_PERCENT, half), (ONE_PERCENT, one), (TWO_PERCENT, two)):
        quotes.depth_ratio[cell(side, band)] = ratio
    return find(void.evaluate(scene.world), void.EMPTY)


@pytest.mark.parametrize("side", [BID, ASK])
def test_an_empty_band_counts_when_a_neighbour_agrees(side: int) -> None:
    """One order at 0.9 % that goes is one order, not an empty book."""
    assert said(emptied(side, 1.0, 0.01, 1.0)) == (CALM, False, True, "none")
    assert emptied(side, 0.01, 0.01, 1.0).severity == HIGH
    assert emptied(side, 1.0, 0.01, 0.01).severity == HIGH
    assert emptied(side, None, 0.01, 0.01).severity == HIGH
    assert emptied(side, None, 0.01, None).severity == CALM


def test_an_empty_book_must_last_like_a_withdrawal() -> None:
    """One refresh of the book would be a void."""
    assert emptied(BID, 0.01, 0.01, 0.01).confirm == Config().withdrawal.depth_confirm_s == 10


def test_a_book_that_cannot_be_believed_is_not_empty() -> None:
    """A crossed book or a gap would be a void."""
    scene = coins([-0.2])
    quick_to_learn(scene.market(ATOM))
    scene.snapshot(ATOM, *ladder(10.0, usd=1_000.0, step=0.0005), keeps_far_levels=False)
    scene.close(3)
    assert find(void.evaluate(scene.world), void.EMPTY).known
    scene.gap(ATOM)
    scene.close()
    assert not find(void.evaluate(scene.world), void.EMPTY).known


def test_a_market_without_a_book_is_not_asked_for_one() -> None:
    """Trades-only venues would be counted as blind."""
    assert void.EMPTY not in {verdict.rule for verdict in void.evaluate(coins([-0.2]).world)}


@pytest.mark.parametrize("factor", [1.0, 1e-5, 4e3])
@SIGNS
def test_a_real_collapse_is_a_void_whatever_the_coins_cost(factor: float, sign: int, direction: str) -> None:
    """Thresholds would mean something else for every coin."""
    found = list(void.evaluate(collapse(factor, sign).world))
    assert said(find(found, void.TWIN, asset="ATOM")) == (HIGH, True, True, direction)
    assert said(find(found, void.IMPACT, asset="ATOM")) == (WARN, True, True, direction)


@pytest.mark.parametrize(("heard_s", "known"), [(9, False), (10, True)])
def test_the_first_seconds_after_a_hole_in_the_feed_are_no_void(heard_s: int, known: bool) -> None:
    """A rate that begins anew is low: each cable that is back would be the worst alert there is."""
    scene = coins([-0.2] * 5)
    scene.world.quiet_s["binance-coinm"] = scene.now_s - heard_s
    verdict = find(void.evaluate(scene.world), void.TWIN, asset="ATOM")
    assert (verdict.known, verdict.severity) == (known, HIGH if known else CALM)
