from __future__ import annotations

from pathlib import Path

import pytest

from producers.errors import RecordingError
from schemas.market import Trade
from tests.kit.binance_archive import BEGINS_MS, read, saved

HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def row(
    minute: int = 0, *, prices: str = "100,110,90,105", volume: str = "80", bought: str = "20", unit: int = 1
) -> str:
    begins = (BEGINS_MS + 60_000 * minute) * unit
    return f"{begins},{prices},{volume},{begins + 60_000 * unit - 1},8000,55,{bought},2000,0"


@pytest.mark.parametrize(
    ("name", "lines", "venue"),
    [
        ("BTCUSDT-1m-2025-10-10.csv", [row(unit=1000)], "binance-spot"),
        ("spot/BTCUSDT-1m-2024-10-10.csv", [row()], "binance-spot"),
        ("um/BTCUSDT-1m-2025-10-10.csv", [HEADER, row()], "binance-usdm"),
        ("um/BTCUSDT-1m-2020-10-10.csv", [row()], "binance-usdm"),
        ("BTCUSD_PERP-1m-2025-10-10.csv", [HEADER, row()], "binance-coinm"),
    ],
)
def test_candles_of_any_market_and_age_are_read(tmp_path: Path, name: str, lines: list[str], venue: str) -> None:
    """Half of the archive would be no table."""
    table, events = read(saved(tmp_path, name, lines))
    found = [event for event in events if isinstance(event, Trade)]
    assert {event.venue for event in events} == {venue}
    assert [trade.price for trade in found] == [100, 100, 90, 90, 110, 110, 105, 105]
    assert [trade.taker for trade in found].count("buy") == 2
    assert found[0].ts_event_ns == (BEGINS_MS + 60_000) * 1_000_000
    assert (table.rows, table.skipped.total()) == (1, 0)


def test_a_row_that_is_no_minute_costs_itself(tmp_path: Path) -> None:
    """A damaged row, or an hour's candle, would be a crash within a minute."""
    hour = f"{BEGINS_MS},100,110,90,105,80,{BEGINS_MS + 3_599_999},8000,55,20,2000,0"
    bad = ["1,2", row(prices="100,x,90,105"), row(prices="100,80,90,105"), row(bought="81"), hour, row(), row()]
    table, events = read(saved(tmp_path, "um/BTCUSDT-1m-2025-10-10.csv", [HEADER, *bad]))
    assert len(events) == 9
    assert table.skipped == {"bad_shape": 1, "bad_number": 3, "bad_time": 1, "not_in_order": 1}


def test_prices_at_which_nobody_traded_are_refused(tmp_path: Path) -> None:
    """An index has no volume: a day of it would be a day without a trade."""
    name = "futures/um/daily/markPriceKlines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.csv"
    with pytest.raises(RecordingError, match="nobody traded at these prices"):
        read(saved(tmp_path, name, [HEADER, row()]))
