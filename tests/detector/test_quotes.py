import math

import msgspec
import pytest

from detector.kernel import BANDS
from detector.quotes import (
    ASK,
    BID,
    CELLS,
    FROZEN_S,
    GHOST_S,
    HALF_PERCENT,
    ONE_PERCENT,
    TWO_PERCENT,
    Quotes,
    cell,
)
from schemas.market import BookSnapshot, BookTop
from tests.kit.markets import Rungs, Scene, instrument, ladder, levels, quick_to_learn

BTC = instrument()
MID = 60_000.0


def full(*, usd: float = 50_000.0) -> tuple[Scene, Quotes]:
    """A market whose snapshot reaches 2.5 %, with baselines that are known after two seconds."""
    scene = Scene(BTC)
    quick_to_learn(scene.market(BTC))
    scene.snapshot(BTC, *ladder(MID, usd=usd, step=0.0005), keeps_far_levels=False)
    scene.trade(BTC, MID)
    scene.close()
    return scene, scene.market(BTC).quotes


def breathe(scene: Scene, seconds: int = 1, *, price: float = MID) -> None:
    """Seconds in which something changes far away, and something trades."""
    for _ in range(seconds):
        scene.delta(BTC, bids=[(MID / 2, 1.0 + scene.now_s % 2)])
        scene.trade(BTC, price)
        scene.close()


def assert_unknown(quotes: Quotes, fault: str) -> None:
    """Nothing may be read off a book with a fault."""
    assert quotes.fault == fault
    assert quotes.depth_ratio == [None] * len(CELLS)
    assert all(math.isnan(depth) for depth in quotes.depth_usd)
    assert (quotes.spread, quotes.spread_ratio) == (None, None)
    assert {band.state for band in quotes.bands} == {"unknown"}


def test_every_band_has_a_place_of_its_own() -> None:
    """The asks' depth would be told as the bids'."""
    assert [cell(side, band) for side, band in CELLS] == list(range(2 * len(BANDS)))


def test_the_bands_are_called_by_their_width() -> None:
    """The 0.5 % depth would be told as that within 1 %."""
    assert [BANDS[band] for band in (HALF_PERCENT, ONE_PERCENT, TWO_PERCENT)] == [0.005, 0.01, 0.02]


@pytest.mark.parametrize(
    ("half", "one", "two", "expected"),
    [
        (1.0, 0.2, 1.0, 1.0),
        (0.5, 0.2, 1.0, 0.5),
        (1.0, 0.2, 0.3, 0.3),
        (0.1, 0.2, 0.1, 0.2),
        (None, 0.2, 0.4, 0.4),
        (0.3, 0.2, None, 0.3),
        (None, 0.2, None, None),
        (0.1, None, 0.1, None),
    ],
)
@pytest.mark.parametrize("side", [BID, ASK])
def test_a_thin_band_counts_as_far_as_a_neighbour_confirms_it(
    half: float | None, one: float | None, two: float | None, expected: float | None, side: int
) -> None:
    """One order that goes would be told as makers who leave."""
    quotes = Quotes(depth_ratio=[0.01] * 8)
    for band, ratio in ((0, 1.0), (HALF_PERCENT, half), (ONE_PERCENT, one), (TWO_PERCENT, two)):
        quotes.depth_ratio[cell(side, band)] = ratio
    assert quotes.confirmed_ratio(side) == expected


def test_depth_and_spread_are_compared_with_their_usual() -> None:
    """The evidence of every withdrawal."""
    scene, quotes = full()
    breathe(scene, 2)
    assert quotes.fault == ""
    assert quotes.depth_usd[cell(BID, 2)] == pytest.approx(20 * 50_000.0)
    assert quotes.depth_ratio == pytest.approx([1.0] * 8)
    assert quotes.spread == pytest.approx(0.0005, rel=1e-3)
    assert quotes.spread_ratio == pytest.approx(1.0)
    bids, asks = ladder(MID, usd=10_000.0, step=0.0005)
    scene.snapshot(BTC, bids, asks[3:], keeps_far_levels=False)
    scene.close(learn=False)
    assert quotes.depth_ratio[cell(BID, 2)] == pytest.approx(0.2, rel=0.1)
    assert quotes.spread_ratio == pytest.approx(4.0, rel=1e-2)


def test_while_nothing_is_learnt_the_usual_stays() -> None:
    """A long crash would become its own normal."""
    scene, quotes = full()
    breathe(scene, 2)
    scene.snapshot(BTC, *ladder(MID, usd=5_000.0, step=0.0005), keeps_far_levels=False)
    scene.close(300, learn=False)
    assert quotes.depth_ratio[cell(ASK, 2)] == pytest.approx(0.1)


def test_a_ghost_bid_through_the_trades_makes_the_book_unknown() -> None:
    """An order that nobody removed was told as a depth that fell 114-fold."""
    scene, quotes = full()
    breathe(scene, 2)
    breathe(scene, GHOST_S, price=MID * 0.997)
    assert quotes.fault == ""
    breathe(scene, 1, price=MID * 0.997)
    assert_unknown(quotes, "ghost")
    breathe(scene, 1)
    assert quotes.fault == ""


def test_a_ghost_ask_is_one_as_well() -> None:
    """Only one side would be checked."""
    scene, quotes = full()
    breathe(scene, GHOST_S + 1, price=MID * 1.003)
    assert_unknown(quotes, "ghost")


def test_a_book_that_runs_ahead_of_rare_trades_is_no_ghost() -> None:
    """Every quiet market would lose its book on its first move."""
    scene, quotes = full()
    scene.trade(BTC, MID * 0.99)
    scene.close()
    for _ in range(30):
        scene.delta(BTC, bids=[(MID / 2, 1.0 + scene.now_s % 2)])
        scene.close()
    assert quotes.fault == ""


def test_a_crossed_book_is_unknown_and_known_again_once_uncrossed() -> None:
    """Depth around a mid that does not exist was published for seven hours in 2025."""
    scene, quotes = full()
    breathe(scene, 2)
    scene.delta(BTC, bids=[(MID * 1.01, 1.0)])
    scene.close(3)
    assert_unknown(quotes, "crossed")
    assert quotes.crossed_total_s == 3
    scene.delta(BTC, bids=[(MID * 1.01, 0.0)])
    scene.close()
    assert quotes.fault == ""
    assert quotes.depth_ratio == pytest.approx([1.0] * 8)


def test_a_book_that_does_not_change_while_trades_print_is_frozen() -> None:
    """A dead stream would show a healthy depth throughout a crash."""
    scene, quotes = full()
    for _ in range(FROZEN_S - 1):
        scene.trade(BTC, MID)
        scene.trade(BTC, MID)
        scene.close()
    assert quotes.fault == ""
    scene.trade(BTC, MID)
    scene.close()
    assert_unknown(quotes, "frozen")
    breathe(scene)
    assert quotes.fault == ""


def test_a_quiet_market_is_not_frozen() -> None:
    """At night the books of small coins stand still for minutes."""
    scene, quotes = full()
    for second in range(120):
        if second % 20 == 0:
            scene.trade(BTC, MID)
        scene.close()
    assert quotes.fault == ""


def test_a_gap_makes_the_book_unknown_until_its_next_snapshot() -> None:
    """Levels that were taken during the gap would still be there."""
    scene, quotes = full()
    breathe(scene, 2)
    scene.gap(BTC, "book")
    breathe(scene, 5)
    assert_unknown(quotes, "gap")
    scene.snapshot(BTC, *ladder(MID, usd=50_000.0, step=0.0005))
    scene.close()
    assert quotes.fault == ""
    assert quotes.depth_ratio == pytest.approx([1.0] * 8)


def test_a_snapshot_that_cannot_be_read_does_not_end_a_gap() -> None:
    """An unknown book would be believed."""
    scene, quotes = full()
    scene.gap(BTC, "book")
    scene.snapshot(BTC, [(MID, "-1")], [], keeps_far_levels=True)
    scene.close()
    assert quotes.refused == 1
    assert_unknown(quotes, "gap")


def test_impossible_levels_are_counted_and_what_they_meant_is_unknown() -> None:
    """One bad number would be millions of dollars of depth; or levels that should have gone would stay."""
    scene, quotes = full()
    breathe(scene, 2)
    scene.delta(BTC, bids=[(MID * 0.999, "1e999")])
    scene.close()
    assert quotes.refused == 1
    assert_unknown(quotes, "gap")


@pytest.mark.parametrize(
    ("bids", "asks", "fault"),
    [([(MID, 1.0)], [], "one side empty"), ([], [(MID, 1.0)], "one side empty"), ([], [], "no levels")],
)
def test_a_book_without_a_side_is_unknown(
    bids: list[tuple[float, float]], asks: list[tuple[float, float]], fault: str
) -> None:
    """No bids known is not no bids."""
    scene, quotes = full()
    scene.snapshot(BTC, bids, asks, keeps_far_levels=False)
    scene.close()
    assert_unknown(quotes, fault)


def test_a_market_without_a_book_has_no_depth() -> None:
    """A venue that shows trades only would look empty."""
    scene = Scene(BTC)
    scene.trade(BTC, MID)
    scene.close()
    quotes = scene.market(BTC).quotes
    assert quotes.fault == "no book"
    assert quotes.depth_ratio == [None] * 8


def test_the_top_of_the_book_may_lack_a_side() -> None:
    """A missing best bid would stay at its last value."""
    quotes = Quotes()
    top = BookTop(venue="v", instrument="i", ts_event_ns=0, ts_recv_ns=0, bid=1.0, bid_qty=1.0, ask=2.0, ask_qty=1.0)
    quotes.on_top(top)
    assert (quotes.top_bid, quotes.top_ask) == (1.0, 2.0)
    quotes.on_top(msgspec.structs.replace(top, bid=None, bid_qty=None))
    assert math.isnan(quotes.top_bid)
    assert quotes.top_ask == 2.0


@pytest.mark.parametrize("factor", [1e-4, 1.0, 50.0])
def test_a_coin_of_another_price_with_the_same_dollars_has_the_same_ratios(factor: float) -> None:
    """A threshold would mean something else for every coin."""
    scene = Scene(BTC)
    quotes = quick_to_learn(scene.market(BTC)).quotes
    for usd in (50_000.0, 50_000.0, 20_000.0):
        scene.snapshot(BTC, *ladder(0.8 * factor, usd=usd, step=0.0005), keeps_far_levels=False)
        scene.close(learn=usd > 20_000)
    assert quotes.depth_ratio == pytest.approx([0.4] * 8, rel=1e-6)
    assert quotes.spread_ratio == pytest.approx(1.0)


# --- keyframes: a copy of the book inside the stream


def keyframe(bids: Rungs, asks: Rungs, *, proven: tuple[float, float]) -> BookSnapshot:
    """A copy of a book that deltas teach, with the worst prices of the venue's last snapshot."""
    return BookSnapshot(
        venue="binance-usdm",
        instrument="BTC-USDT-PERP",
        ts_event_ns=0,
        ts_recv_ns=0,
        bids=levels(bids),
        asks=levels(asks),
        keeps_far_levels=True,
        keyframe=True,
        proven_bid=proven[0],
        proven_ask=proven[1],
    )


def test_a_reader_that_begins_in_the_middle_takes_a_keyframe_for_its_book() -> None:
    """A new worker would know no depth until the venue happens to send a whole book."""
    btc = instrument()
    scene = Scene(btc)
    scene.delta(btc, [(99.0, 7.0)])  # deltas come before the keyframe, and are no book
    quotes = scene.market(btc).quotes
    quotes.on_keyframe(keyframe([(99.9, 1.0), (97.0, 2.0)], [(100.1, 1.0), (103.0, 2.0)], proven=(98.0, 101.0)))
    book = quotes.book
    assert book is not None
    assert (book.best_bid, book.best_ask, book.levels(BID), book.levels(ASK)) == (99.9, 100.1, 2, 2)
    assert book.proven(BID) == pytest.approx(0.02)
    assert book.proven(ASK) == pytest.approx(0.01)
    assert (quotes.anchored, quotes.in_gap, quotes.learns) == (True, False, True)


def test_a_keyframe_says_nothing_to_a_reader_that_followed_the_book() -> None:
    """Alerts of a cluster would differ from those of one process, which never sees a keyframe."""
    btc = instrument()
    scene = Scene(btc)
    scene.snapshot(btc, *ladder(100.0, usd=1_000.0))
    quotes = scene.market(btc).quotes
    before = msgspec.structs.asdict(quotes) | {"book": quotes.book.dump() if quotes.book is not None else b""}
    quotes.on_keyframe(keyframe([(99.0, 1.0)], [(101.0, 1.0)], proven=(99.0, 101.0)))
    assert msgspec.structs.asdict(quotes) | {"book": quotes.book.dump() if quotes.book is not None else b""} == before


def test_a_keyframe_ends_a_gap() -> None:
    """After an outage of the log a book would stay unknown until the venue sends a whole one."""
    btc = instrument()
    scene = Scene(btc)
    scene.snapshot(btc, *ladder(100.0, usd=1_000.0))
    scene.gap(btc, "book")
    quotes = scene.market(btc).quotes
    quotes.on_keyframe(keyframe([(99.0, 1.0)], [(101.0, 1.0)], proven=(99.0, 101.0)))
    assert quotes.book is not None
    assert (quotes.in_gap, quotes.book.best_bid, quotes.book.levels(BID)) == (False, 99.0, 1)


def test_a_damaged_keyframe_is_counted() -> None:
    """One damaged record would end the worker."""
    btc = instrument()
    scene = Scene(btc)
    quotes = scene.market(btc).ensure_book()
    quotes.on_keyframe(keyframe([("NaN", 1.0)], [(101.0, 1.0)], proven=(99.0, 101.0)))
    assert (quotes.refused, quotes.anchored) == (1, False)


def test_a_fault_is_as_old_as_it_has_been_the_same() -> None:
    """A book that crosses in a gap would be told as crossed since the gap."""
    scene, quotes = full()
    scene.delta(BTC, bids=[(MID * 1.01, 1.0)])
    ages = []
    for second in range(6):
        if second == 3:
            scene.gap(BTC, "book")
        scene.close()
        ages.append((quotes.fault, quotes.fault_s))
    assert ages == [("crossed", 1), ("crossed", 2), ("crossed", 3), ("gap", 1), ("gap", 2), ("gap", 3)]
    scene.snapshot(BTC, *ladder(MID, usd=50_000.0, step=0.0005))
    scene.close()
    assert (quotes.fault, quotes.fault_s) == ("", 0)
