import pytest

from detector.quotes import ASK, BID
from detector.signals import makers
from detector.stats.rolling_median import RollingMedian
from detector.verdict import CALM, HIGH, WARN, Verdict
from schemas.market import Side
from tests.kit.markets import Scene, find, instrument, ladder, quick_to_learn, said

BTC = instrument()
PRICE, RUNG_USD, STEP = 3_000.0, 100_000.0, 0.0005
SIDES = pytest.mark.parametrize(("side", "direction"), [(BID, "down"), (ASK, "up")])


def settled() -> Scene:
    """A market whose usual depth and flow are known."""
    scene = Scene(BTC)
    quick_to_learn(scene.market(BTC))
    for _ in range(5):
        show(scene, BID, 1.0)
        scene.trade(BTC, PRICE)
        scene.close()
    return scene


def show(scene: Scene, side: int, keep: float) -> None:
    """The whole book, with a share of its usual on one side; a book that never changed would be frozen."""
    sides = [*ladder(PRICE, usd=RUNG_USD, step=STEP)]
    sides[side] = [(price, qty * (keep + scene.now_s % 2 * 1e-4)) for price, qty in sides[side]]
    scene.snapshot(BTC, *sides, keeps_far_levels=False)


def fall(side: int, depths: list[float], *, traded_usd: float) -> list[Verdict]:
    """What is said of a withdrawal while one side has these shares of its usual depth, and takers take so much of it in
    each second.
    """
    scene = settled()
    taker: Side = "sell" if side == BID else "buy"
    found = []
    for keep in depths:
        show(scene, side, keep)
        scene.trade(BTC, PRICE, traded_usd, taker=taker)
        scene.close(learn=False)
        found.append(find(makers.evaluate(scene.world), makers.WITHDRAWN))
    return found


DEPTH_USD = RUNG_USD * 20
"""Within one percent."""


@SIDES
def test_makers_who_leave_are_told_at_once_and_by_how_much(side: int, direction: str) -> None:
    """The second key of a cascade: who could read the book knew it before prices fell."""
    warned = fall(side, [1.0] * 30 + [0.5], traded_usd=1_000.0)[-1]
    high = fall(side, [1.0] * 30 + [0.3], traded_usd=1_000.0)[-1]
    assert said(warned) == (WARN, True, True, direction)
    assert said(high) == (HIGH, True, True, direction)
    assert warned.confirm == 10
    numbers = {evidence.signal: evidence for evidence in warned.evidence}
    depth = numbers["bid_depth_1pct" if side == BID else "ask_depth_1pct"]
    assert depth.value == pytest.approx(DEPTH_USD / 2, rel=0.01)
    assert depth.baseline == pytest.approx(DEPTH_USD, rel=0.01)
    assert numbers["untraded_share_60s"].value == pytest.approx(0.97, abs=0.02)


@SIDES
def test_a_book_that_is_eaten_and_refills_raises_nothing(side: int, direction: str) -> None:
    """An ordinary sell-off, news or not, would be told as makers who leave."""
    eaten = [1.0 - 0.025 * n for n in range(1, 21)]
    refilled = [0.5 + 0.025 * n for n in range(1, 21)]
    depths = [1.0] * 30 + eaten + refilled + eaten + refilled
    for verdict in fall(side, depths, traded_usd=0.025 * DEPTH_USD):
        assert verdict.severity == CALM, direction
        assert verdict.known


@SIDES
def test_a_book_that_is_eaten_and_not_refilled_is_told_after_half_a_minute(side: int, direction: str) -> None:
    """Nobody stands behind such a book, whoever took it."""
    depths = [1.0] * 30 + [0.9, 0.8, 0.7, 0.6, 0.5] + [0.5] * 40
    found = fall(side, depths, traded_usd=0.1 * DEPTH_USD)
    first = next(n for n, verdict in enumerate(found) if verdict.severity)
    assert 30 + 30 <= first <= 30 + 36
    assert said(found[first]) == (WARN, True, True, direction)


@SIDES
def test_it_holds_until_the_depth_is_back(side: int, direction: str) -> None:
    """The flow of a minute is forgotten after a minute, and makers who left are not back by that."""
    away, back = (
        fall(side, [1.0] * 30 + [0.5] * 90 + [0.79], traded_usd=1_000.0),
        fall(side, [1.0] * 30 + [0.5] * 30 + [0.81], traded_usd=1_000.0),
    )
    assert all(verdict.holds for verdict in away[30:]), direction
    assert said(back[-1]) == (CALM, False, True, "none")


def test_a_thin_book_of_which_nothing_is_known_is_unknown() -> None:
    """After a start in the middle of a crash nobody saw who emptied the book: that is not calm."""
    scene = settled()
    quotes = scene.market(BTC).quotes
    quotes.depth_ratio = [0.4] * 8
    for side in scene.market(BTC).makers.sides:
        side.leaving.share = side.refill.later = None
    assert not find(makers.evaluate(scene.world), makers.WITHDRAWN).known
    quotes.depth_ratio = [None] * 8
    assert not find(makers.evaluate(scene.world), makers.WITHDRAWN).known


def test_a_market_without_a_book_is_not_asked() -> None:
    """Trades-only venues would be counted as blind for ever."""
    assert list(makers.evaluate(Scene(BTC).world)) == []


def quoting(*, changes: float = 0.1, fullness: float = 1.0, orders: float = 3.0, usual: float = 50.0) -> Verdict:
    """A market whose makers quote so much of their usual while so many times the usual orders come."""
    scene = settled()
    market = scene.market(BTC)
    market.makers.usual_changes = RollingMedian(recent=[usual], ordered=[usual], value=usual)
    market.makers.changes_ratio, market.makers.fullness = changes, fullness
    market.trading.rate_ratio = orders
    return find(makers.evaluate(scene.world), makers.QUOTES)


@pytest.mark.parametrize(
    ("changes", "orders", "severity", "holds"),
    [
        (0.19, 2.1, WARN, True),
        (0.0, 2.1, WARN, True),
        (0.21, 2.1, CALM, True),
        (0.19, 1.9, CALM, True),
        (0.41, 9.0, CALM, False),
        (0.1, 0.9, CALM, False),
    ],
)
def test_makers_who_stop_while_takers_go_on_are_told(changes: float, orders: float, severity: int, holds: bool) -> None:
    """Quotes that nobody keeps up are not there when they are needed; where nobody trades nobody need quote."""
    verdict = quoting(changes=changes, orders=orders)
    assert (verdict.severity, verdict.holds, verdict.known) == (severity, holds, True)
    assert verdict.confirm == (10 if severity else 2)


def test_a_throttled_feed_or_one_of_few_changes_is_unknown() -> None:
    """A venue that sends its book once a second instead of ten times would have no makers."""
    assert not quoting(fullness=1.6).known
    assert not quoting(usual=4.9).known


@pytest.mark.parametrize("blind", ["nothing", "silent book", "late feed", "silent trades", "gap"])
def test_a_feed_that_is_not_live_is_unknown(blind: str) -> None:
    """A cut cable would be makers who stop."""
    scene = settled()
    market = scene.market(BTC)
    market.makers.usual_changes = RollingMedian(every_s=1, warm=1)
    market.makers.usual_messages = RollingMedian(every_s=1, warm=1)
    for n in range(30):
        scene.delta(BTC, bids=[(PRICE * (0.98 - 0.0001 * rung), 1.0 + n) for rung in range(10)])
        scene.trade(BTC, PRICE)
        scene.close()
    if blind == "gap":
        scene.gap(BTC)
        scene.close(learn=False)
        show(scene, BID, 1.0)
    for n in range(9 if blind == "gap" else 12):
        if blind != "silent book":
            scene.delta(BTC, bids=[(PRICE * 0.98, 99.0 + n)])
        if blind != "silent trades":
            scene.trade(BTC, PRICE)
        scene.close(learn=False)
    market.trading.rate_ratio = 5.0
    market.delay.delay_s = 3.0 if blind == "late feed" else 0.05
    verdict = find(makers.evaluate(scene.world), makers.QUOTES)
    assert verdict.known == (blind == "nothing")
    assert verdict.severity == (WARN if blind == "nothing" else CALM)
