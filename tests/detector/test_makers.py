from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from detector.engine import Engine
from detector.makers import Makers, thinner_side
from detector.market import Market
from detector.quotes import ASK, BID, Quotes
from detector.state import decode_tree, encode_tree
from detector.stats.rolling_median import RollingMedian
from detector.world import key_of
from producers.replay import Replay
from producers.venues.registry import venues_of
from schemas.alert import Transition
from tests.kit.markets import Scene, instrument, ladder, quick_to_learn

BTC = instrument()
PRICE = 3_000.0


def learning() -> Scene:
    """A market with a book and baselines that are known after two seconds."""
    scene = Scene(BTC)
    market = quick_to_learn(scene.market(BTC))
    market.makers.usual_changes = RollingMedian(every_s=1, warm=2)
    market.makers.usual_messages = RollingMedian(every_s=1, warm=2)
    scene.snapshot(BTC, *ladder(PRICE, usd=100_000.0, step=0.0005), keeps_far_levels=False)
    return scene


def quote(scene: Scene, messages: int, levels: int) -> Makers:
    """A second with so many messages of so many changed levels each, and a trade."""
    for message in range(messages):
        qty = 1.0 + (scene.now_s * 100 + message) % 977
        scene.delta(BTC, bids=[(PRICE * (0.999 - 0.0001 * rung), qty) for rung in range(levels)])
    scene.trade(BTC, PRICE)
    scene.close()
    return scene.market(BTC).makers


def test_what_takers_take_is_booked_on_the_side_that_they_take_it_from() -> None:
    """In a sell-off the asks would be eaten and the bids withdrawn."""
    scene = learning()
    scene.close()
    scene.trade(BTC, PRICE, 300.0, taker="buy")
    scene.trade(BTC, PRICE, 500.0, taker="sell", after_ms=700)
    scene.close()
    bid, ask = scene.market(BTC).makers.sides
    assert (bid.leaving.traded_usd, ask.leaving.traded_usd) == (500.0, 300.0)


def test_a_fill_that_is_not_on_the_book_takes_nothing_from_it() -> None:
    """A takeover by the insurance fund would excuse a withdrawal."""
    scene = learning()
    scene.close()
    scene.trade(BTC, PRICE, 500.0, taker="sell", print_="insurance_fund")
    scene.close()
    assert scene.market(BTC).makers.sides[BID].leaving.traded_usd == 0.0


@pytest.mark.parametrize("step", [0.0003, -0.0003])
def test_a_book_that_follows_the_price_is_not_withdrawn(step: float) -> None:
    """Whoever moves quotes with the market has not left."""
    scene = learning()
    mid = PRICE
    for second in range(60):
        mid *= 1 + step
        scene.snapshot(BTC, *ladder(mid, usd=100_000.0 + second % 2, step=0.0005), keeps_far_levels=False)
        scene.trade(BTC, mid, 50_000.0, taker="sell" if step < 0 else "buy")
        scene.close()
    falling = scene.market(BTC).makers.sides[BID if step < 0 else ASK].leaving
    assert falling.share is not None
    assert falling.share < 0.9


def test_level_changes_are_counted_whatever_message_brings_them() -> None:
    """A venue that sends ten messages a second always sends ten: makers who leave are in what they hold."""
    scene = learning()
    for _ in range(25):
        makers = quote(scene, 10, 5)
    assert makers.changes_ratio == pytest.approx(1.0, rel=0.1)
    assert makers.fullness == pytest.approx(1.0, rel=0.1)
    for _ in range(10):
        makers = quote(scene, 10, 1)
    assert makers.changes_ratio == pytest.approx(0.2, rel=0.1)
    assert makers.fullness == pytest.approx(0.2, rel=0.1)


def test_a_throttled_feed_has_fuller_messages() -> None:
    """Its makers would seem to have stopped."""
    scene = learning()
    for _ in range(25):
        quote(scene, 10, 2)
    for _ in range(10):
        makers = quote(scene, 1, 8)
    assert makers.changes_ratio == pytest.approx(0.4, rel=0.1)
    assert makers.fullness == pytest.approx(4.0, rel=0.1)


def test_makers_go_on_after_a_restart() -> None:
    """A worker that takes over in a crash would not know who had left."""
    scene = learning()
    for second in range(40):
        quote(scene, 2, 1 + second % 5)
    market = scene.market(BTC)
    saved = decode_tree(encode_tree(market), Market)
    scene.world.markets[key_of(BTC.venue, BTC.instrument)] = saved
    for second in range(40):
        quote(scene, 2, 1 + second % 7)
    whole = learning()
    for second in range(80):
        quote(whole, 2, 1 + (second % 5 if second < 40 else (second - 40) % 7))
    assert encode_tree(scene.market(BTC).makers) == encode_tree(whole.market(BTC).makers)


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [
        (0.5, 0.9, (0.5, BID)),
        (0.9, 0.5, (0.5, ASK)),
        (None, 0.7, (0.7, ASK)),
        (0.7, None, (0.7, BID)),
        (None, None, None),
    ],
)
def test_the_thinner_side_speaks(bid: float | None, ask: float | None, expected: tuple[float, int] | None) -> None:
    """A squeeze empties the asks, and is no less a cascade."""
    quotes = Quotes(depth_ratio=[*[bid] * 4, *[ask] * 4])
    assert thinner_side(quotes) == expected


CALM = [
    ("cm_btcusd_perp_20240808.gz", 2, 0.97),
    ("spot_btcusdt_20240808.gz", 3, 0.63),
    ("usdm_btcusdt_20230405.dat.gz", 0, 0.78),
    ("usdm_btcusdt_20240808.gz", 2, 0.01),
    ("usdm_ethusdt_20240808.gz", 1, 0.68),
]
"""Six calm minutes of a market: the most hits that were judged on a side, and the largest untraded share."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "most_hits", "largest"), CALM)
def test_in_calm_minutes_books_are_hit_and_left_and_no_rule_speaks(
    shared_data: Path, name: str, most_hits: int, largest: float
) -> None:
    """The figures that the thresholds rest on would be nobody's; with baselines of a minute instead of an hour."""
    engine = Engine()
    spoke: list[Transition] = []
    shares: dict[str, list[float]] = {}
    hits: Counter[str] = Counter()
    quick: set[str] = set()
    second = 0
    for batch in Replay([shared_data / "binance-raw" / name], venues=venues_of("all"), batch_events=64):
        spoke += [told for told in engine.feed(batch) if isinstance(told, Transition) and told.rule.startswith("S3")]
        for market in engine.markets():
            if market.instrument.instrument not in quick:
                quick.add(market.instrument.instrument)
                quick_to_learn(market, warm=60)
            if engine.now_ns == second:
                continue
            for side, makers in zip(("bid", "ask"), market.makers.sides, strict=True):
                hits[side] += makers.refill.judged_s * 10**9 == engine.now_ns
                if makers.leaving.share is not None:
                    shares.setdefault(side, []).append(makers.leaving.share)
        second = engine.now_ns
    assert max(hits.values()) == most_hits
    assert largest - 0.02 < max(max(told) for told in shares.values()) <= largest or largest < 0.02
    assert max(median(told) for told in shares.values()) <= 0.7
    assert [told.rule for told in spoke if told.rule in ("S3.withdrawn/1", "S3.quotes/1")] == []
