from __future__ import annotations

import json
import math
import sys

import pytest

from detector.kernel import ASK, BANDS, BID, Book, Window
from tests.kit import kernel_twins
from tests.kit.brute_book import BruteBook

Levels = list[tuple[str, str]]


def raw(*levels: tuple[str, str]) -> bytes:
    """Levels as a venue writes them."""
    return json.dumps(levels, separators=(",", ":")).encode()


def book_of(bids: Levels, asks: Levels, contract_value: float = 1.0, inverse: bool = False, tick: float = 0.0) -> Book:
    """A book after one snapshot."""
    book = Book(contract_value, inverse, tick)
    book.apply_snapshot(raw(*bids), raw(*asks), False)
    return book


def depths(book: Book) -> list[float]:
    """Four bands of bids, then of asks."""
    return [book.depth(side, band) for side in (BID, ASK) for band in range(len(BANDS))]


# --- depth


def test_a_level_exactly_on_a_band_edge_is_inside() -> None:
    """On coarse ticks a whole level hangs on the tie: 1.1 % of depth was measured."""
    book = book_of([("99.9", "1"), ("99.5", "2"), ("98", "4"), ("97.99", "8")], [("100.1", "1"), ("102.0", "2")])
    assert book.mid == 100.0
    assert [book.depth(BID, band) for band in range(4)] == pytest.approx([99.9, 298.9, 298.9, 690.9], rel=1e-15)
    assert [book.depth(ASK, band) for band in range(4)] == pytest.approx([100.1, 100.1, 100.1, 304.1], rel=1e-15)


def test_an_inverse_market_counts_contracts_in_dollars() -> None:
    """COIN-M depth times price would be sixty thousand times too large."""
    book = book_of([("61804.7", "35")], [("61804.8", "7")], contract_value=100.0, inverse=True)
    assert (book.depth(BID, 0), book.depth(ASK, 0)) == (3500.0, 700.0)


def test_a_linear_market_multiplies_by_contract_value_and_price() -> None:
    """A contract of 0.01 BTC must not count as a whole coin."""
    book = book_of([("50000", "3")], [("50001", "1")], contract_value=0.01)
    assert book.depth(BID, 0) == 3 * 0.01 * 50000.0


@pytest.mark.parametrize(("bids", "asks"), [([("100", "1")], []), ([], [("101", "1")]), ([], [])])
def test_a_book_with_an_empty_side_has_no_mid_and_no_depth(bids: Levels, asks: Levels) -> None:
    """Zero depth would read as a collapse, the last value as calm."""
    book = book_of([("100", "1")], [("101", "1")])
    book.apply_snapshot(raw(*bids), raw(*asks), False)
    assert all(map(math.isnan, [book.mid, book.spread, *depths(book)]))
    assert (book.proven(BID), book.proven(ASK), book.crossed) == (0.0, 0.0, False)
    assert math.isnan(book.best_bid) == (not bids)
    assert math.isnan(book.best_ask) == (not asks)


def test_a_crossed_book_says_nothing_until_it_uncrosses() -> None:
    """A ghost level would shift mid and every band."""
    book = book_of([("100", "1"), ("99", "3")], [("101", "1")])
    before = depths(book)
    book.apply_delta(raw(("101", "5")), b"[]")
    assert book.crossed
    assert all(map(math.isnan, [book.mid, book.spread, *depths(book)]))
    assert (book.best_bid, book.best_ask) == (101.0, 101.0)
    book.apply_delta(raw(("101", "0")), b"[]")
    assert not book.crossed
    assert depths(book) == before


def test_a_gigantic_level_leaves_no_trace_in_the_sums() -> None:
    """A fat finger of 1e20 coins would otherwise leave thousands of dollars of rounding behind."""
    book = book_of([("99.95", "0.123"), ("99.94", "0.7")], [("100.05", "0.3")])
    before = depths(book)
    book.apply_delta(raw(("99.93", "1e20")), b"[]")
    book.apply_delta(raw(("99.94", "0.2"), ("99.93", "0")), b"[]")
    book.apply_delta(raw(("99.94", "0.7")), b"[]")
    assert depths(book) == before


def test_spread_is_a_fraction_of_mid() -> None:
    """Basis points of spread are compared between markets."""
    assert book_of([("99", "1")], [("101", "1")]).spread == 0.02


# --- what a message may look like


@pytest.mark.parametrize(
    "text",
    [
        b'[["100.5","2"]]',
        b"[[100.5,2]]",
        b' [ [ "100.5" ,\t"2.000" ]\r\n] ',
        b'[["1005e-1","0.2E+1"]]',
        b'[["100.5","2","0","11"]]',
        b'[["100.5","2",null,1.5, "x"]]',
        b'[["100.500000000000000000000","2"]]',
        b'[["100.5","2.000000000000000000000000"]]',
        b'[["100.5","7"],["100.5","2"]]',
    ],
)
def test_levels_are_read_in_every_form_that_venues_use(text: bytes) -> None:
    """A venue that changes its number format would otherwise go dark."""
    book = Book(1.0, False)
    book.apply_delta(text, b"[[101,1]]")
    assert (book.best_bid, book.levels(BID)) == (100.5, 1)
    assert book.depth(BID, 1) == 201.0


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"{}",
        b"[",
        b"[[]]",
        b'[["100"]]',
        b'[["100","1"]',
        b'[["100","1"]]x',
        b'[["100","1"],]',
        b'[["100" "1"]]',
        b'[["100","1]]',
        b'[["","1"]]',
        b'[["abc","1"]]',
        b'[["0","1"]]',
        b'[["0.00","1"]]',
        b'[["0e5","1"]]',
        b'[["-100","1"]]',
        b'[["100","-1"]]',
        b'[["100","-0"]]',
        b'[["+100","1"]]',
        b'[["100.","1"]]',
        b'[[".5","1"]]',
        b'[["007","1"]]',
        b'[["1_0","1"]]',
        b'[["100","NaN"]]',
        b"[[100,NaN]]",
        b'[["Infinity","1"]]',
        b'[["100","1e999"]]',
        b'[["1e999","1"]]',
        b'[["1e99999999","1"]]',
        b'[["100","1e99999999"]]',
        b'[["1e-400","1"]]',
        b'[["100","1e1e1"]]',
        b'[["1e300","1e300"]]',
        b'[["123456789012345678901234567890","1"]]',
        b'[["100","1",{}]]',
        b'[["100","1","\n"]]',
        b'[["100","1"]]\x00',
        '[["١٠٠","1"]]'.encode(),
    ],
)
@pytest.mark.parametrize("side", [BID, ASK])
def test_malformed_levels_leave_the_book_as_it_was(text: bytes, side: int) -> None:
    """One bad frame would otherwise leave half a message in the book."""
    book = book_of([("99", "1"), ("98", "2")], [("101", "1")])
    before = book.dump()
    good = raw(("99.5", "9"), ("98", "0"))
    sides = (good, text) if side == ASK else (text, good)
    with pytest.raises(ValueError, match=r"."):
        book.apply_delta(*sides)
    with pytest.raises(ValueError, match=r"."):
        book.apply_snapshot(*sides, True)
    assert book.dump() == before


def test_a_price_too_fine_beside_the_others_is_refused() -> None:
    """Integer prices have an end; passing it silently would misplace levels."""
    book = book_of([("60000", "1")], [("60001", "1")])
    before = book.dump()
    with pytest.raises(ValueError, match="digits"):
        book.apply_delta(raw(("0.000000000000001", "1")), b"[]")
    assert book.dump() == before


def test_removing_an_unknown_level_changes_nothing() -> None:
    """Venues send such removals after every snapshot."""
    book = book_of([("100", "1")], [("101", "1")])
    book.apply_delta(raw(("50", "0"), ("99.5", "0")), raw(("500", "0")))
    assert (book.levels(BID), book.levels(ASK), book.changes) == (1, 1, 2)


def test_only_real_changes_of_levels_are_counted() -> None:
    """A frozen feed that repeats itself must look frozen."""
    book = book_of([("100", "1"), ("99", "1")], [("101", "1")])
    assert book.changes == 3
    book.apply_delta(raw(("100", "1"), ("99", "2")), b"[]")
    assert book.changes == 4
    book.apply_snapshot(raw(("100", "1"), ("99", "2")), raw(("101", "1")), False)
    assert book.changes == 4
    book.apply_snapshot(raw(("100", "1")), raw(("101", "3")), False)
    assert book.changes == 6


# --- snapshots: carried levels, proven range


def test_levels_beyond_a_fresh_snapshot_are_carried_and_those_within_are_replaced() -> None:
    """Each reconnect would otherwise look like a collapse of depth."""
    book = book_of([("100", "1"), ("99", "2"), ("98", "3"), ("90", "4")], [("102", "1"), ("110", "5"), ("120", "6")])
    book.apply_snapshot(raw(("99.5", "7"), ("98", "8")), raw(("101", "1"), ("111", "2")), True)
    assert (book.levels(BID), book.levels(ASK)) == (3, 3)
    assert book.best_bid == 99.5
    book.apply_delta(raw(("99.5", "0"), ("98", "0")), raw(("101", "0"), ("111", "0")))
    assert (book.best_bid, book.best_ask) == (90.0, 120.0)


def test_a_snapshot_that_is_all_there_is_replaces_everything() -> None:
    """On venues that send whole books an old level is a ghost."""
    book = book_of([("100", "1"), ("90", "4")], [("102", "1"), ("120", "6")])
    book.apply_snapshot(raw(("99", "1")), raw(("101", "1")), False)
    assert (book.levels(BID), book.levels(ASK)) == (1, 1)


def test_a_side_without_levels_in_a_snapshot_carries_nothing() -> None:
    """An empty side is a statement, not a range."""
    book = book_of([("100", "1"), ("90", "4")], [("102", "1")])
    book.apply_snapshot(b"[]", raw(("101", "1")), True)
    assert (book.levels(BID), book.levels(ASK), book.proven(ASK)) == (0, 2, 0.0)


def test_a_far_delta_never_extends_what_is_proven() -> None:
    """A 2 % band would pass as known after one stray order at 3 %."""
    book = book_of([("99.9", "1"), ("99.8", "1")], [("100.1", "1"), ("100.3", "1")])
    assert (book.proven(BID), book.proven(ASK)) == (0.002, 0.003)
    book.apply_delta(raw(("97", "5")), raw(("103", "5")))
    assert (book.proven(BID), book.proven(ASK)) == (0.002, 0.003)


def test_what_is_proven_moves_with_mid() -> None:
    """After a fall the bids below the snapshot are as unknown as ever."""
    book = book_of([("100", "1"), ("95", "1")], [("102", "1"), ("106", "1")])
    book.apply_delta(raw(("100", "0"), ("95", "0"), ("89", "1")), raw(("91", "1")))
    assert book.proven(BID) == 0.0
    assert book.proven(ASK) == pytest.approx(16 / 90)
    book.apply_delta(raw(("119", "1")), raw(("91", "0"), ("102", "0"), ("106", "0"), ("121", "1")))
    assert book.proven(ASK) == 0.0
    assert book.proven(BID) == pytest.approx(25 / 120)


def test_a_book_learnt_from_deltas_alone_proves_nothing() -> None:
    """Before its first snapshot a book may lack any level."""
    book = Book(1.0, False)
    book.apply_delta(raw(("100", "1"), ("90", "1")), raw(("101", "1")))
    assert book.mid == 100.5
    assert book.proven(BID) == 0.0


# --- the grid


@pytest.mark.parametrize("tick", [0.0, 0.1, 1.0, 7.0])
def test_a_finer_price_refines_the_grid_without_loss(tick: float) -> None:
    """Exchanges change tick sizes overnight."""
    book, brute = Book(1.0, False, tick), BruteBook(1.0, False)
    for bids, asks in (
        (raw(("60000", "1"), ("59000", "2")), raw(("61000", "3"))),
        (raw(("60000.5", "1")), raw(("60999.50", "3"))),
        (raw(("60000.125", "4")), raw(("60999.5", "0"), ("60000.625", "1.5"))),
    ):
        book.apply_delta(bids, asks)
        brute.apply_delta(bids, asks)
        assert depths(book) == pytest.approx(brute.depths(), rel=1e-12)
    assert (book.best_bid, book.best_ask, book.changes) == (60000.5, 60000.625, 8)


def test_a_crash_of_forty_percent_loses_no_level() -> None:
    """A grid that forgot what lies outside it was 44 % wrong in the middle of a crash."""
    book, brute = Book(1.0, False), BruteBook(1.0, False)
    prices = range(20_000, 100_000, 7)
    bids = raw(*[(str(p), f"{p % 13 + 0.1}") for p in prices if p < 60_000])
    asks = raw(*[(str(p), f"{p % 11 + 0.1}") for p in prices if p >= 60_000])
    for each in (book, brute):
        each.apply_snapshot(bids, asks, False)
    for top in range(60_000, 36_000, -1200):
        gone = raw(*[(str(p), "0") for p in prices if top - 1200 <= p < top])
        new = raw(*[(str(p), "0.5") for p in prices if top - 1200 <= p < top])
        for each in (book, brute):
            each.apply_delta(gone, new)
        assert depths(book) == pytest.approx(brute.depths(), rel=1e-12)
        assert (book.mid, book.levels(BID), book.levels(ASK)) == (brute.mid, len(brute.sides[0]), len(brute.sides[1]))


def test_a_tick_too_fine_for_the_grid_costs_time_and_no_accuracy() -> None:
    """One odd price must not take all memory, nor any depth."""
    book, brute = Book(1.0, False), BruteBook(1.0, False)
    for each in (book, brute):
        each.apply_snapshot(
            raw(("60000.00000001", "1"), *[(str(p), "2") for p in range(59_999, 58_000, -50)]),
            raw(*[(str(p), "3") for p in range(60_001, 62_000, 50)]),
            False,
        )
        each.apply_delta(raw(("60000.00000001", "0"), ("59000.5", "1")), raw(("60001", "0")))
    assert depths(book) == pytest.approx(brute.depths(), rel=1e-12)
    assert (book.best_bid, book.best_ask) == (59_999.0, 60_051.0)


def test_sides_and_bands_that_do_not_exist_are_errors() -> None:
    """Compiled code would read foreign memory."""
    book = book_of([("99", "1")], [("101", "1")])
    for side, band in ((2, 0), (-1, 0), (0, 4), (0, -1)):
        with pytest.raises(IndexError):
            book.depth(side, band)
    for ask in (book.proven, book.levels):
        with pytest.raises(IndexError):
            ask(2)


def test_the_kernel_runs_where_cython_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a compiler gets the same numbers, only later."""
    monkeypatch.setitem(sys.modules, "cython", None)
    kernel = kernel_twins.interpreted()
    book = kernel.Book(1.0, False)
    book.apply_snapshot(raw(("99.9", "2")), raw(("100.1", "1")), False)
    assert not kernel.COMPILED
    assert book.depth(BID, 0) == 199.8


# --- windows


def test_a_window_holds_what_is_younger_than_its_span() -> None:
    """A liquidation at the edge would be counted twice or not at all."""
    window = Window((10, 100))
    window.add(100, 1.0)
    window.add(110, 2.0)
    assert [window.sum(0, 109), window.sum(0, 110), window.sum(1, 110)] == [2.0, 2.0, 3.0]
    assert [window.count(0, 119), window.count(0, 120), window.count(1, 199), window.count(1, 200)] == [1, 0, 2, 1]


def test_a_late_entry_is_placed_at_the_newest_time() -> None:
    """Sorting it in would make sums depend on when they were asked."""
    window = Window((10,))
    window.add(100, 1.0)
    window.add(95, 2.0)
    assert window.sum(0, 109) == 3.0
    assert window.sum(0, 110) == 0.0


def test_an_empty_window_is_exactly_zero() -> None:
    """A remainder of rounding would be divided into a rate."""
    window = Window((10,))
    for value in (0.1, 0.2, 0.3, 1e16):
        window.add(5, value)
    assert window.sum(0, 100) == 0.0
    window.add(101, 0.1)
    assert window.sum(0, 101) == 0.1


def test_a_window_does_not_drift_when_a_giant_leaves() -> None:
    """One huge liquidation would falsify the rate until the window empties."""
    window = Window((10,))
    window.add(1, 1e18)
    window.add(5, 0.1)
    window.add(6, 0.2)
    assert window.sum(0, 11) == pytest.approx(0.3, rel=1e-15)


def test_the_history_of_a_window_is_bounded_by_its_longest_span() -> None:
    """Years of trades would fill the memory, even where nobody asks for sums."""
    window = kernel_twins.interpreted().Window((10, 50))
    for ts in range(100_000):
        window.add(ts, 1.0)
    assert window._room <= 128
    assert (window.sum(1, 99_999), window.count(0, 99_999)) == (50.0, 10)


def test_a_window_grows_with_a_burst() -> None:
    """A cascade is a burst."""
    window = Window((10, 1_000_000))
    for ts in range(5000):
        window.add(ts, 0.5)
    assert (window.sum(1, 5000), window.count(0, 5000)) == (2500.0, 9)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_window_refuses_what_is_not_finite(value: float) -> None:
    """One NaN would poison every later sum."""
    window = Window((10,))
    window.add(1, 1.0)
    with pytest.raises(ValueError, match="finite"):
        window.add(2, value)
    assert (window.sum(0, 2), window.count(0, 2)) == (1.0, 1)


def test_a_restored_window_has_the_same_future() -> None:
    """As with books: a restart must not change an alert."""
    window = Window((10, 100))
    for ts in range(0, 300, 7):
        window.add(ts, ts / 10)
    twin = Window((10, 100))
    twin.load(window.dump())
    for ts in range(300, 900, 13):
        for each in (window, twin):
            each.add(ts, 0.1)
        assert [twin.sum(i, ts + 3) for i in (0, 1)] == [window.sum(i, ts + 3) for i in (0, 1)]
    assert twin.dump() == window.dump()
    window.clear()
    assert (window.sum(1, 900), window.count(1, 900)) == (0.0, 0)


def test_a_damaged_or_foreign_window_state_is_refused() -> None:
    """Spans changed in the configuration make old sums meaningless."""
    window = Window((10, 100))
    window.add(1, 1.0)
    good = window.dump()
    for data in (b"", good[:-1], good + b"x", b"WIND" + good[4:], Window((10, 101)).dump(), Window((10,)).dump()):
        with pytest.raises(ValueError, match="state"):
            window.load(data)
    assert window.dump() == good


def test_a_window_is_made_from_its_state_alone() -> None:
    """As with books."""
    window = Window((10, 100))
    for ts in range(0, 300, 7):
        window.add(ts, ts / 10)
    twin = Window.from_dump(window.dump())
    assert twin.dump() == window.dump()
    for each in (window, twin):
        each.add(303, 0.1)
    assert [twin.sum(i, 350) for i in (0, 1)] == [window.sum(i, 350) for i in (0, 1)]


def test_no_window_is_made_from_something_else() -> None:
    """As with books."""
    good = Window((10, 100)).dump()
    book = book_of([("99", "1")], [("101", "1")]).dump()
    for data in (b"", good[:-1], good[:9], b"WIND" + good[4:], book, good[:5] + b"\xff" * 16, good[:5] + bytes(16)):
        with pytest.raises(ValueError, match=r"state|spans"):
            Window.from_dump(data)


@pytest.mark.parametrize("spans", [(), (0,), (10, -1)])
def test_a_window_needs_spans(spans: tuple[int, ...]) -> None:
    """A span of nothing holds nothing, silently."""
    with pytest.raises(ValueError, match="spans"):
        Window(spans)


def test_a_span_that_does_not_exist_is_an_error() -> None:
    """Compiled code would read foreign memory."""
    window = Window((10,))
    for i in (1, -1):
        with pytest.raises(IndexError):
            window.sum(i, 0)
        with pytest.raises(IndexError):
            window.count(i, 0)
