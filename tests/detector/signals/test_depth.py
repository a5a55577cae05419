import pytest

from detector.quotes import ASK, BID, HALF_PERCENT, ONE_PERCENT, TWO_PERCENT, cell
from detector.signals import depth
from detector.verdict import CALM, CRITICAL, HIGH, WARN, Verdict
from tests.kit.markets import Scene, find, instrument, ladder, quick_to_learn, said

BTC = instrument()


def thinned(side: int, half: float | None, one: float | None, two: float | None) -> Verdict:
    """A market whose bands of one side stand so against their usual; the other side is whole."""
    scene = Scene(BTC)
    quotes = scene.market(BTC).ensure_book()
    quotes.depth_ratio = [1.0] * 8
    for band, ratio in ((HALF_PERCENT, half), (ONE_PERCENT, one), (TWO_PERCENT, two)):
        quotes.depth_ratio[cell(side, band)] = ratio
    return find(depth.evaluate(scene.world), depth.DEPTH, venue="binance-usdm", asset="BTC")


@pytest.mark.parametrize(
    ("ratio", "severity", "holds"),
    [
        (1.5, CALM, False),
        (0.80, CALM, False),
        (0.79, CALM, True),
        (0.61, CALM, True),
        (0.59, WARN, True),
        (0.34, WARN, True),
        (0.32, HIGH, True),
        (0.16, HIGH, True),
        (0.14, CRITICAL, True),
        (0.0, CRITICAL, True),
    ],
)
@pytest.mark.parametrize(("side", "direction"), [(BID, "down"), (ASK, "up")])
def test_depth_within_one_percent_is_graded(
    ratio: float, severity: int, holds: bool, side: int, direction: str
) -> None:
    """Makers who leave quietly are the earliest warning that a book gives."""
    verdict = thinned(side, ratio, ratio, ratio)
    assert said(verdict) == (severity, holds, True, direction if severity else "none")
    assert verdict.confirm == (10 if severity else 2)


@pytest.mark.parametrize("side", [BID, ASK])
def test_a_neighbouring_band_must_agree(side: int) -> None:
    """One order at 0.9 % is one order, not the makers."""
    assert thinned(side, 1.0, 0.2, 1.0).severity == CALM
    assert thinned(side, 0.5, 0.2, 1.0).severity == WARN
    assert thinned(side, 1.0, 0.2, 0.5).severity == WARN
    assert thinned(side, 0.2, 1.0, 0.2).severity == CALM
    assert thinned(side, None, 0.2, 0.2).severity == HIGH


@pytest.mark.parametrize("side", [BID, ASK])
def test_a_side_that_cannot_be_evaluated_leaves_the_judgement_to_the_other(side: int) -> None:
    """Half a book is better than none, and must not be read as empty."""
    verdict = thinned(side, None, None, None)
    assert said(verdict) == (CALM, False, True, "none")
    assert thinned(side, None, 0.1, None).severity == CALM


def test_nothing_evaluable_is_unknown() -> None:
    """A book in a gap would be a void."""
    scene = Scene(BTC)
    scene.market(BTC).ensure_book()
    for verdict in depth.evaluate(scene.world):
        assert not verdict.known


def test_a_market_without_a_book_is_not_asked() -> None:
    """Trades-only venues would be counted as blind for ever."""
    assert list(depth.evaluate(Scene(BTC).world)) == []


@pytest.mark.parametrize(
    ("bp", "ratio", "severity", "holds"),
    [
        (3.0, 5.0, WARN, True),
        (3.0, 4.9, CALM, True),
        (3.0, 2.4, CALM, False),
        (40.0, 20.0, HIGH, True),
        (40.0, 19.9, WARN, True),
        (1.9, 100.0, CALM, False),  # a tick that becomes five on a coarse market
    ],
)
def test_a_spread_is_graded_above_two_basis_points(bp: float, ratio: float, severity: int, holds: bool) -> None:
    """Makers widen before they leave."""
    scene = Scene(BTC)
    quotes = scene.market(BTC).ensure_book()
    quotes.spread, quotes.spread_ratio = bp * 1e-4, ratio
    verdict = find(depth.evaluate(scene.world), depth.SPREAD)
    assert (verdict.severity, verdict.holds, verdict.known) == (severity, holds, True)


def withdraw(*, price: float, usd: float, keep: tuple[float, float]) -> list[Verdict]:
    """A settled book, of which only shares of the bids and asks are kept."""
    scene = Scene(BTC)
    quick_to_learn(scene.market(BTC))
    scene.snapshot(BTC, *ladder(price, usd=usd, step=0.0005), keeps_far_levels=False)
    scene.close(3)
    bids, asks = ladder(price, usd=usd, step=0.0005)
    scene.snapshot(
        BTC,
        [(at, qty * keep[0]) for at, qty in bids],
        [(at, qty * keep[1]) for at, qty in asks],
        keeps_far_levels=False,
    )
    scene.close(learn=False)
    return list(depth.evaluate(scene.world))


@pytest.mark.parametrize("factor", [1.0, 1e-5, 20.0])
def test_a_withdrawal_is_told_with_its_dollars_whatever_the_coin_costs(factor: float) -> None:
    """Price times c with sizes over c is the same market."""
    for keep, direction, signal in (
        ((0.2, 1.0), "down", "bid_depth_1pct"),
        ((1.0, 0.2), "up", "ask_depth_1pct"),
    ):
        found = withdraw(price=3_000.0 * factor, usd=100_000.0, keep=keep)
        verdict = find(found, depth.DEPTH)
        assert said(verdict) == (HIGH, True, True, direction)
        assert (verdict.evidence[0].signal, verdict.evidence[0].note) == (signal, "proven")
        assert verdict.evidence[0].value == pytest.approx(400_000.0, rel=1e-3)
        assert verdict.evidence[0].baseline == pytest.approx(2_000_000.0, rel=1e-3)
        assert said(find(found, depth.SPREAD)) == (CALM, False, True, "none")


@pytest.mark.parametrize("fault", ["ghost", "crossed", "frozen", "gap"])
def test_a_book_that_cannot_be_believed_raises_nothing(fault: str) -> None:
    """A ghost bid was told as a depth that fell 114-fold."""
    scene = Scene(BTC)
    quick_to_learn(scene.market(BTC))
    mid = 120_000.0
    bids, asks = ladder(mid, usd=100_000.0, step=0.0005)
    scene.snapshot(BTC, bids, asks, keeps_far_levels=False)
    scene.trade(BTC, mid)
    scene.close(3)
    if fault == "ghost":  # the market falls away from beneath one order
        scene.snapshot(BTC, [bids[0]], [(mid * 1.001, 0.1)], keeps_far_levels=False)
    elif fault == "crossed":
        scene.delta(BTC, bids=[(mid * 1.01, 17.65)])
    elif fault == "gap":
        scene.gap(BTC)
    for _ in range(12):
        if fault == "ghost":
            scene.delta(BTC, asks=[(mid * 1.001, 0.1 + scene.now_s % 2)])
        scene.trade(BTC, mid * (0.95 if fault == "ghost" else 1.0))
        scene.close(learn=False)
    assert scene.market(BTC).quotes.fault == fault
    for verdict in depth.evaluate(scene.world):
        assert not verdict.known
