from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from detector.market import Market
from detector.quotes import Quotes
from producers.tables.tardis_symbols import Markets
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookSnapshot
from tests.kit.binance_archive import book_figures, depth_rows, ladder, read, saved

HEADER = "timestamp,percentage,depth,notional"
NAME = "BTCUSDT-bookDepth-2025-10-10.csv"
BEGINS_S = 1_760_130_000


def clock(second: int) -> str:
    return f"{datetime.fromtimestamp(BEGINS_S + second, UTC):%Y-%m-%d %H:%M:%S}"


def rows(second: int, lots: float = 5.0, *, mid: float = 1_000.0) -> list[str]:
    return depth_rows(clock(second), book_figures(ladder(mid, lots), mid=mid))


def told(tmp_path: Path, lines: list[str]) -> list[tuple[str, int]]:
    """Kind of each event and its second."""
    _, events = read(saved(tmp_path, NAME, [HEADER, *lines]))
    return [(type(event).__name__, event.ts_event_ns // 1_000_000_000 - BEGINS_S) for event in events]


def test_a_figure_holds_until_the_next_one(tmp_path: Path) -> None:
    """Two thirds of the time the book would be frozen: it is told twice a minute."""
    events = told(tmp_path, rows(1) + rows(31, 6.0))
    first, second = [1, 6, 11, 16, 21, 26], [31, 36, 41, 46, 51]
    assert events == [("Instrument", 1), *(("BookSnapshot", at) for at in first + second)]


def test_where_no_figure_comes_the_book_is_unknown(tmp_path: Path) -> None:
    """Missing would be calm."""
    events = told(tmp_path, rows(0) + rows(300))
    assert events[-7:] == [
        ("BookSnapshot", 40),
        ("Gap", 45),
        *(("BookSnapshot", 300 + at) for at in (0, 5, 10, 15, 20)),
    ]


def test_figures_that_cannot_be_make_the_book_unknown(tmp_path: Path) -> None:
    """The last good book would stand for one that is not known."""
    table, events = read(saved(tmp_path, NAME, [HEADER, *rows(0), *rows(30)[1:], *rows(60)]))
    gaps = [event for event in events if isinstance(event, Gap)]
    assert [gap.channel for gap in gaps] == ["book"]
    assert gaps[0].ts_event_ns == (BEGINS_S + 30) * 1_000_000_000
    assert isinstance(events[-1], BookSnapshot)
    assert table.skipped == {"impossible": 9}


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    """Nobody would know that a file is damaged."""
    bad = ["1,2", "yesterday,1,1,1", "1970-01-01 00:00:00,1,1,1", *rows(30), *rows(0)]
    table, _ = read(saved(tmp_path, NAME, [HEADER, *bad, f"{clock(60)},1,x,1"]))
    assert table.skipped == {"bad_shape": 1, "bad_number": 2, "bad_time": 1, "not_in_order": 10}


def test_only_a_whole_book_of_five_levels_is_told(tmp_path: Path) -> None:
    """Levels of the figure before would stay in the book."""
    _, (market, book, *_) = read(saved(tmp_path, NAME, [HEADER, *rows(0)]))
    assert isinstance(market, Instrument)
    assert isinstance(book, BookSnapshot)
    assert not book.keeps_far_levels
    assert bytes(book.bids).count(b"[") == bytes(book.asks).count(b"[") == 6
    assert (book.venue, book.instrument) == ("binance-usdm", "BTC-USDT-PERP")


def faults(tmp_path: Path, lines: list[str], seconds: int) -> list[str]:
    """What the detector finds wrong with the book at the end of each second, while ten trades print in it."""
    _, events = read(saved(tmp_path, NAME, [HEADER, *lines]))
    quotes: Quotes = Market(Markets().define("binance-futures", "BTCUSDT", 0, 0)).ensure_book()
    found = []
    for second in range(seconds):
        for event in events:
            if event.ts_event_ns // 1_000_000_000 - BEGINS_S == second:
                if isinstance(event, BookSnapshot):
                    quotes.on_snapshot(event)
                elif isinstance(event, Gap):
                    quotes.on_gap()
        quotes.close_second(second, last_price=1_000.0, traded=10, learn=True)
        found.append(quotes.fault)
    return found


def test_a_book_that_is_told_is_believed_and_one_that_repeats_is_frozen(tmp_path: Path) -> None:
    """The archive itself was frozen for a tenth of 2025: that is no calm."""
    lines = [*rows(0), *rows(30, 6.0), *rows(60, 6.0), *rows(90, 6.0), *rows(120, 7.0)]
    found = faults(tmp_path, lines, 140)
    assert set(found[:60]) == {""}
    assert set(found[70:120]) == {"frozen"}
    assert set(found[120:]) == {""}


def test_a_book_that_left_its_market_is_a_ghost(tmp_path: Path) -> None:
    """The archive's figures were twenty percent away from the market for hours."""
    assert set(faults(tmp_path, [*rows(0, mid=1_200.0), *rows(30, 6.0, mid=1_201.0)], 40)[5:]) == {"ghost"}
