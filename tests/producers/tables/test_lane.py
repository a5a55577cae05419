"""Files of one market follow each other; two that overlap are refused, and a hole between books is told."""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from producers.errors import RecordingError
from producers.tables.replay import TableReplay
from producers.tables.tardis_books import TardisBooks
from producers.tables.tardis_trades import TardisTrades
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookSnapshot, Trade
from tests.kit.binance_archive import BEGINS_MS, saved
from tests.kit.table_files import write_table

MINUTE_MS = 60_000
DAY_MS = 1_440 * MINUTE_MS


def agg_trades(folder: Path, *, since_ms: int = 0, minutes: int = 5, name: str = "2025-10-10") -> Path:
    """A trade every ten seconds."""
    times = range(since_ms, since_ms + minutes * MINUTE_MS, 10_000)
    rows = [f"{n},100,1,{n},{n},{BEGINS_MS + ms},true" for n, ms in enumerate(times, 1 + since_ms // 10_000)]
    return saved(folder, f"um/BTCUSDT-aggTrades-{name}.csv", rows)


def trades(folder: Path, *, since_ms: int = 0, minutes: int = 5) -> Path:
    times = range(since_ms, since_ms + minutes * MINUTE_MS, 10_000)
    rows = [f"{n},100,1,100,{BEGINS_MS + ms},true" for n, ms in enumerate(times, 1)]
    return saved(folder, "um/BTCUSDT-trades-2025-10-10.csv", rows)


def candles(folder: Path, *, since_ms: int = 0, minutes: int = 5) -> Path:
    times = range(BEGINS_MS + since_ms, BEGINS_MS + since_ms + minutes * MINUTE_MS, MINUTE_MS)
    rows = [f"{ms},100,101,99,100,18,{ms + 59_999},1800,18,9,900,0" for ms in times]
    return saved(folder, "um/BTCUSDT-1m-2025-10-10.csv", rows)


def played(*paths: Path) -> list[Event]:
    return [event for batch in TableReplay(paths, batch_events=50) for event in batch]


@pytest.mark.parametrize("first", [agg_trades, trades, candles])
@pytest.mark.parametrize("second", [agg_trades, trades, candles])
def test_two_sources_of_one_markets_trades_over_the_same_time_are_refused(
    tmp_path: Path, first: Callable[[Path], Path], second: Callable[[Path], Path]
) -> None:
    """Turnover, flow and the rate of orders would be twice what they were, without a word."""
    one, other = first(tmp_path / "a"), second(tmp_path / "b")
    with pytest.raises(RecordingError, match="both have the trades of binance-usdm BTC-USDT-PERP") as refused:
        played(one, other)
    assert str(one) in str(refused.value)
    assert str(other) in str(refused.value)
    assert "name one of them" in str(refused.value)


def test_a_day_within_another_file_is_refused(tmp_path: Path) -> None:
    """A month and a day of it would be that day twice."""
    month, day = agg_trades(tmp_path, minutes=30, name="2025-10"), agg_trades(tmp_path, since_ms=10 * MINUTE_MS)
    with pytest.raises(RecordingError, match="over the same time"):
        played(day, month)


def test_a_market_twice_is_found_among_files_of_many(tmp_path: Path) -> None:
    """Only the first market of each file would be looked at."""
    rows = {symbol: f"bybit,{symbol},{{0}},{{0}},7,sell,28.5,12" for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT")}
    files = [
        write_table(
            tmp_path / f"{name}.csv",
            TardisTrades.header,
            *(rows[symbol].format((BEGINS_MS + 1_000 * n) * 1_000) for n in range(90) for symbol in symbols),
        )
        for name, symbols in (("trades-1", ("BTCUSDT", "ETHUSDT")), ("trades-2", ("SOLUSDT", "ETHUSDT")))
    ]
    with pytest.raises(RecordingError, match="bybit ETH-USDT-PERP"):
        played(*files)


def test_files_that_follow_each_other_are_one_stream_whatever_their_kind_and_order(tmp_path: Path) -> None:
    """Nine days of candles and then every trade of the tenth would be refused, or come in the order of their names."""
    first = candles(tmp_path, minutes=5)
    then = agg_trades(tmp_path, since_ms=5 * MINUTE_MS)
    last = agg_trades(tmp_path, since_ms=10 * MINUTE_MS, name="2025-10-11")
    events = played(last, then, first)
    times = [event.ts_recv_ns for event in events]
    assert times == sorted(times)
    assert sum(isinstance(event, Trade) for event in events) == 5 * 8 + 2 * 30


def test_other_markets_and_other_kinds_may_overlap(tmp_path: Path) -> None:
    """Books beside trades would be refused."""
    um = agg_trades(tmp_path)
    spot = saved(tmp_path, "spot/BTCUSDT-aggTrades-2025-10-10.csv", um.read_text().splitlines())
    book = write_table(tmp_path / "book.csv", TardisBooks.header, *book_rows(0))
    kinds = {type(event) for event in played(um, spot, book)}
    assert kinds == {Instrument, Trade, BookSnapshot}


def book_rows(since_ms: int) -> list[str]:
    at = f"binance-futures,BTCUSDT,{(BEGINS_MS + since_ms) * 1000},{(BEGINS_MS + since_ms) * 1000}"
    return [f"{at},true,bid,99,1", f"{at},true,ask,101,1"]


@pytest.mark.parametrize(("apart_ms", "holes"), [(59_000, 0), (61_000, 1), (DAY_MS, 1)])
def test_a_book_is_not_known_where_no_file_is(tmp_path: Path, apart_ms: int, holes: int) -> None:
    """A day that is missing would be a day in which the book did not change."""
    paths = [
        write_table(tmp_path / f"{ms}.csv", TardisBooks.header, *book_rows(ms)) for ms in (0, apart_ms, 2 * apart_ms)
    ]
    gaps = [event for event in played(*paths) if isinstance(event, Gap)]
    assert len(gaps) == 2 * holes
    for gap in gaps[:1]:
        assert (gap.venue, gap.instrument, gap.channel) == ("binance-usdm", "BTC-USDT-PERP", "book")
        assert gap.since_ns == BEGINS_MS * 1_000_000
        assert gap.ts_recv_ns == (BEGINS_MS + MINUTE_MS) * 1_000_000


@contextmanager
def few_files(most: int) -> Iterator[None]:
    """No more than so many in addition to those that are open."""
    gc.collect()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files by /proc")
def test_a_market_of_many_days_opens_them_one_by_one(tmp_path: Path) -> None:
    """Three years of days are more files than a process may open."""
    paths = [
        agg_trades(tmp_path, since_ms=day * DAY_MS, minutes=1, name=f"{2025 + day // 12}-{1 + day % 12:02}")
        for day in range(60)
    ]
    with few_files(8):
        events = played(*paths)
    assert sum(isinstance(event, Trade) for event in events) == 60 * 6
