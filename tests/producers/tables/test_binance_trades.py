from __future__ import annotations

from pathlib import Path

import pytest

from schemas.health import Gap
from schemas.market import Trade
from tests.kit.binance_archive import BEGINS_MS, read, saved

USDM = "id,price,qty,quote_qty,time,is_buyer_maker"
COINM = "id,price,qty,base_qty,time,is_buyer_maker"


def row(trade_id: int, *, maker: str = "true", price: str = "100.5", qty: str = "2", after_ms: int = 0) -> str:
    return f"{trade_id},{price},{qty},201.0,{BEGINS_MS + after_ms},{maker}"


@pytest.mark.parametrize("header", [[USDM], []])
def test_a_fill_is_a_trade_with_its_taker_and_its_id(tmp_path: Path, header: list[str]) -> None:
    """The side that sold would be the one that bought, and holes in ids would not be seen."""
    rows = [*header, row(7), row(8, maker="false", after_ms=5)]
    table, (_, sold, bought) = read(saved(tmp_path, "BTCUSDT-trades-2025-10-10.csv", rows))
    assert isinstance(sold, Trade)
    assert isinstance(bought, Trade)
    assert (sold.price, sold.qty, sold.notional_usd, sold.taker, sold.trade_id) == (100.5, 2.0, 201.0, "sell", 7)
    assert sold.ts_event_ns == sold.ts_recv_ns == BEGINS_MS * 1_000_000
    assert (bought.taker, bought.trade_id, bought.venue) == ("buy", 8, "binance-usdm")
    assert (table.rows, table.skipped.total()) == (2, 0)


def test_contracts_are_worth_what_the_venue_says(tmp_path: Path) -> None:
    """A contract of ten dollars would be a thousand coins."""
    rows = [COINM, row(1, qty="83.0")]
    for symbol, usd in (("BTCUSD_PERP", 8300.0), ("AVAXUSD_PERP", 830.0)):
        table, (_, trade) = read(saved(tmp_path, f"{symbol}-trades-2025-10-10.csv", rows))
        assert isinstance(trade, Trade)
        assert (trade.notional_usd, trade.venue) == (usd, "binance-coinm")
        assert (table.rows, table.kind) == (1, "trades")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("8,100.5,2", "bad_shape"),
        (row(8, price="x"), "bad_number"),
        (row(8, price="nan"), "bad_number"),
        (row(8, price="0"), "bad_number"),
        (row(8, qty="-1"), "bad_number"),
        (row(-8), "bad_number"),
        (row(8, maker="maybe"), "bad_shape"),
        (row(8, after_ms=-BEGINS_MS), "bad_time"),
    ],
)
def test_a_row_that_cannot_be_read_costs_itself_and_no_id(tmp_path: Path, bad: str, reason: str) -> None:
    """A damaged row would be a fill that did not print: the mark of a deleveraging."""
    table, (_, first, gap, second) = read(saved(tmp_path, "BTCUSDT-trades-2025-10-10.csv", [row(7), bad, bad, row(10)]))
    assert table.skipped == {reason: 2}
    assert isinstance(gap, Gap)
    assert (gap.channel, gap.since_ns, gap.instrument) == ("trade", first.ts_recv_ns, "BTC-USDT-PERP")
    assert isinstance(second, Trade)
    assert second.trade_id == 10
