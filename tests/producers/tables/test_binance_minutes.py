from __future__ import annotations

from pathlib import Path

import pytest

from producers.errors import RecordingError
from schemas.instrument import Instrument
from schemas.market import DerivativeState, Trade
from tests.kit.binance_archive import read, saved

HEADER = "minute_utc,open,high,low,close,volume"
NAME = "USDEUSDT_binance_1m_2025-10-10.csv"


def test_takers_are_read_from_where_the_price_went(tmp_path: Path) -> None:
    """All volume would be sold, in a rise as well."""
    rows = [f"2025-10-10 21:0{minute}:00,1,1.1,0.9,{close},8" for minute, close in enumerate(("1.05", "0.95", "1"))]
    _, (market, *events) = read(saved(tmp_path, NAME, [HEADER, *rows]))
    assert isinstance(market, Instrument)
    assert (market.venue, market.instrument) == ("binance-spot", "USDE-USDT-SPOT")
    takers = [event.taker for event in events if isinstance(event, Trade)]
    assert [takers[at : at + 8].count("buy") for at in (0, 8, 16)] == [8, 0, 4]
    assert events[0].ts_event_ns == 1_760_130_060_000_000_000


def test_a_row_that_is_no_minute_costs_itself(tmp_path: Path) -> None:
    """A damaged row would be a crash."""
    bad = ["1,2", "today,1,1,1,1,1", "2025-10-10 21:00:00,1,1,1,1,x", "2025-10-10 21:00:00,1,0.9,1,1,1"]
    table, events = read(saved(tmp_path, NAME, [HEADER, *bad, "1970-01-01 00:00:00,1,1,1,1,1"]))
    assert events == []
    assert table.skipped == {"bad_shape": 1, "bad_number": 3, "bad_time": 1}


def test_a_name_without_a_market_says_what_one_looks_like(tmp_path: Path) -> None:
    """Candles of a market that nobody knows would be USDe's."""
    with pytest.raises(RecordingError, match="SYMBOL_binance_1m_DATE"):
        read(saved(tmp_path, "candles.csv", [HEADER]))


def test_the_days_of_usde_are_read_whole(shared_data: Path) -> None:
    """The minute in which it first left three percent would be missing."""
    (path,) = (shared_data / "usde").iterdir()
    table, events = read(path)
    assert (table.rows, table.skipped.total()) == (15_840, 0)
    assert sum(isinstance(event, DerivativeState) for event in events) == 8 * 1_513
    lowest = min((event for event in events if isinstance(event, Trade)), key=lambda trade: trade.price)
    assert lowest.price == 0.65
