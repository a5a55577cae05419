"""Liquidations from rows. No real file stands behind these: the rows are in the documented shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.tables.tardis_liquidations import TardisLiquidations
from producers.tables.tardis_symbols import Markets
from schemas.instrument import Instrument
from schemas.market import Liquidation
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456
GOOD = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5_000},,sell,28.5,12"
NAMES = TardisLiquidations.header.split(",")


def row(**changes: object) -> str:
    """A good row with other fields."""
    return ",".join(str(changes.get(name, value)) for name, value in zip(NAMES, GOOD.split(","), strict=True))


def liquidations(folder: Path, *rows: str) -> TardisLiquidations:
    """A reader of these rows."""
    return TardisLiquidations(write_table(folder / "x_liquidations.csv", TardisLiquidations.header, *rows), Markets())


def told(folder: Path, **changes: object) -> Liquidation:
    """The event of a good row with other fields."""
    event = list(liquidations(folder, row(**changes)))[-1]
    assert isinstance(event, Liquidation)
    return event


def test_a_sale_ends_a_long_and_a_purchase_a_short(tmp_path: Path) -> None:
    """Every squeeze would be told as a fall."""
    sold = told(tmp_path)
    assert (sold.liquidated, sold.price, sold.qty_base, sold.notional_usd) == ("long", 28.5, 12 * 10 / 28.5, 120.0)
    assert (sold.ts_event_ns, sold.ts_recv_ns) == (TIME_US * 1000, (TIME_US + 5_000) * 1000)
    assert sold.liquidation_id is None
    assert told(tmp_path, side="buy", id="a7").liquidated == "short"
    assert told(tmp_path, side="buy", id="a7").liquidation_id == "a7"


@pytest.mark.parametrize(
    ("exchange", "symbol", "time_us", "sampled"),
    [
        ("binance-futures", "BTCUSDT", TIME_US, True),
        ("binance-futures", "BTCUSDT", 1_600_000_000_000_000, False),
        ("bybit", "BTCUSDT", TIME_US, False),
        ("bybit", "BTCUSDT", 1_700_000_000_000_000, True),
        ("okex-swap", "BTC-USDT-SWAP", TIME_US, True),
        ("deribit", "BTC-PERPETUAL", TIME_US, False),
        ("mtgox", "BTC/USD", TIME_US, True),
    ],
)
def test_a_sum_is_a_lower_bound_unless_the_venue_told_all_at_that_time(
    tmp_path: Path, exchange: str, symbol: str, time_us: int, sampled: bool
) -> None:
    """One row a second would be taken for the whole flow."""
    at = {"timestamp": time_us, "local_timestamp": time_us}
    assert told(tmp_path, exchange=exchange, symbol=symbol, **at).sampled is sampled


def test_a_price_is_what_the_exchange_means_by_it(tmp_path: Path) -> None:
    """A bankruptcy price would be a fill."""
    for exchange, kind in (("bybit", "bankruptcy"), ("deribit", "fill"), ("binance-futures", "order"), ("x", "order")):
        assert told(tmp_path, exchange=exchange).price_kind == kind


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(price="NaN"), "bad_number"),
        (row(price="0"), "bad_number"),
        (row(amount="-1"), "bad_number"),
        (row(amount="1e999"), "bad_number"),
        (row(timestamp="x"), "bad_number"),
        (row(timestamp=TIME_US // 1000), "bad_time"),
        (row(local_timestamp=0), "bad_time"),
        (row(side="unknown"), "no_side"),
        (row(side="long"), "bad_shape"),
        (row(symbol=""), "bad_shape"),
        (row(exchange="deribit", symbol="BTC-27DEC24-50000-C"), "option"),
        (GOOD + ",1", "bad_shape"),
        ("", "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_read(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged line would end the replay, or its number would enter a sum."""
    source = liquidations(tmp_path, bad, GOOD)
    assert [type(event) for event in source] == [Instrument, Liquidation]
    assert source.skipped == {reason: 1}
