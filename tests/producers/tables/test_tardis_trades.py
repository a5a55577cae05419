"""Trades from CSV files: whatever a row says, the file is read to its end and every omission is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.tables.tardis_symbols import Markets
from producers.tables.tardis_trades import TardisTrades
from schemas.codec import encode
from schemas.instrument import Instrument
from schemas.market import Trade
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456
GOOD = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5_000},7,sell,28.5,12"
NAMES = TardisTrades.header.split(",")


def trades(path: Path, *rows: str) -> TardisTrades:
    """A reader of these rows."""
    return TardisTrades(write_table(path, TardisTrades.header, *rows), Markets())


def row(**changes: object) -> str:
    """A good row with other fields."""
    return ",".join(str(changes.get(name, value)) for name, value in zip(NAMES, GOOD.split(","), strict=True))


def test_a_row_is_a_trade_and_its_market_is_defined_before_it(tmp_path: Path) -> None:
    """Nothing of a recording would reach the detector."""
    source = trades(tmp_path / "a.csv.gz", GOOD, row(id=8, side="buy"))
    assert source.progress == 0.0
    definition, first, second = source
    assert isinstance(definition, Instrument)
    assert (definition.venue, definition.instrument) == ("binance-coinm", "AVAX-USD-PERP")
    assert definition.ts_event_ns == TIME_US * 1000
    assert isinstance(first, Trade)
    assert (first.ts_event_ns, first.ts_recv_ns) == (TIME_US * 1000, (TIME_US + 5_000) * 1000)
    assert (first.price, first.qty, first.notional_usd, first.taker, first.trade_id) == (28.5, 12.0, 120.0, "sell", 7)
    assert isinstance(second, Trade)
    assert (second.taker, second.trade_id) == ("buy", 8)
    assert (source.rows, source.skipped, source.damage, source.progress) == (2, {}, "", 1.0)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(price="NaN"), "bad_number"),
        (row(price="1e999"), "bad_number"),
        (row(price="-inf"), "bad_number"),
        (row(price="0"), "bad_number"),
        (row(price="-28.5"), "bad_number"),
        (row(price="abc"), "bad_number"),
        (row(price=""), "bad_number"),
        (row(price="1e200", amount="1e200"), "bad_number"),
        (row(amount="-1"), "bad_number"),
        (row(amount="0"), "bad_number"),
        (row(amount="nan"), "bad_number"),
        (row(timestamp="1760129405.5"), "bad_number"),
        (row(timestamp="9" * 5_000), "bad_number"),
        (row(timestamp=TIME_US // 1000), "bad_time"),
        (row(timestamp=TIME_US * 1000), "bad_time"),
        (row(timestamp=0), "bad_time"),
        (row(local_timestamp=TIME_US // 10**6), "bad_time"),
        (row(side="unknown"), "no_side"),
        (row(side="Buy"), "bad_shape"),
        (row(side=""), "bad_shape"),
        (row(symbol='"AVAXUSD_PERP'), "bad_shape"),
        (row(symbol='"AVAXUSD_PERP"'), "bad_shape"),
        (row(symbol="AVAX\ufffdUSD_PERP"), "bad_shape"),
        (row(symbol=""), "bad_shape"),
        (row(symbol="*"), "bad_shape"),
        (row(exchange=""), "bad_shape"),
        (row(exchange="deribit", symbol="BTC-27DEC24-50000-C"), "option"),
        ('binance-delivery,"AVAXUSD_PERP', "bad_shape"),
        (row(amount='12"'), "bad_number"),
        (GOOD.rpartition(",")[0], "bad_shape"),
        (GOOD + ",1", "bad_shape"),
        ("", "bad_shape"),
        ("\x00\x01garbage", "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_read(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged line would end the replay, or its number would enter a price."""
    source = trades(tmp_path / "a.csv", bad, GOOD)
    events = list(source)
    assert [type(event) for event in events] == [Instrument, Trade]
    assert source.skipped == {reason: 1}
    assert source.rows == 2


@pytest.mark.parametrize(
    ("text", "trade_id"),
    [("7", 7), ("", None), ("f3a-77", "f3a-77"), ("9" * 30, "9" * 30), ("²", "²"), ("9" * 5_000, "9" * 5_000)],
)
def test_ids_are_numbers_only_where_they_fit(tmp_path: Path, text: str, trade_id: object) -> None:
    """An id of thirty digits could not be saved, and the detector would stop in the middle."""
    event = list(trades(tmp_path / "a.csv", row(id=text)))[-1]
    assert isinstance(event, Trade)
    assert event.trade_id == trade_id
    encode(event)


def test_options_are_left_out_and_counted(tmp_path: Path) -> None:
    """A premium of 0.01 would be a bitcoin at one cent."""
    names = ["BTC-27DEC24-50000-C", "BTC-27DEC24-90000-P", "BTC-27DEC24"]
    source = trades(tmp_path / "a.csv", *(row(exchange="deribit", symbol=name) for name in names))
    assert {event.instrument for event in source} == {"BTC-USD-20241227"}
    assert source.skipped == {"option": 2}


def test_trades_without_a_side_are_left_out_and_counted(tmp_path: Path) -> None:
    """Half a day of Bitstamp would be reported as damaged."""
    without = row(exchange="bitstamp", symbol="btcusd", side="unknown")
    source = trades(tmp_path / "a.csv", without, without, GOOD)
    assert [event.venue for event in source] == ["binance-coinm"] * 2
    assert source.skipped == {"no_side": 2}


def test_rows_of_several_markets_keep_their_own_worth(tmp_path: Path) -> None:
    """The market of the row before would lend its name and contract value."""
    several = [
        row(exchange="binance-delivery", symbol="BTCUSD_PERP", price=50, amount=2),
        row(exchange="coinbase", symbol="BTC-USD", price=50, amount=2),
        row(exchange="binance", symbol="BTCTRY", price=50, amount=2),
        row(exchange="okex-swap", symbol="BTC-USDT-SWAP", price=50, amount=2),
    ]
    source = trades(tmp_path / "a.csv", *several, *several)
    found = [event for event in source if isinstance(event, Trade)]
    assert [trade.notional_usd for trade in found] == [200.0, 100.0, None, None] * 2
    assert [trade.instrument for trade in found[:4]] == [
        "BTC-USD-PERP", "BTC-USD-SPOT", "BTC-TRY-SPOT", "BTC-USDT-PERP",
    ]  # fmt: skip
    assert len(source.instruments) == 4


def test_a_sweep_without_numbers_keeps_its_order(tmp_path: Path) -> None:
    """The fills of one microsecond would be sorted by their names, and any of them would be the last price."""
    fills = [row(id=name, price=price) for name, price in (("f", 30), ("a", 29), ("c", 28))]
    later = row(id="b", timestamp=TIME_US + 1)
    times = [e.ts_event_ns - TIME_US * 1000 for e in trades(tmp_path / "a.csv", *fills, later) if type(e) is Trade]
    assert times == [0, 1, 2, 1000]
