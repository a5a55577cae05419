"""Trades from CSV files: whatever a row says, the file is read to its end and every omission is counted."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from producers.errors import RecordingError
from producers.tardis_csv import HEADER, TardisReplay, TardisTrades, instrument_of
from schemas.codec import encode
from schemas.instrument import Instrument
from schemas.market import Trade

TIME_US = 1_760_129_405_123_456
GOOD = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5_000},7,sell,28.5,12"


def write(path: Path, *rows: str, header: str = ",".join(HEADER)) -> Path:
    """A file of these rows, compressed as its name says."""
    text = "\n".join([header, *rows, ""]).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def row(**changes: object) -> str:
    """A good row with other fields."""
    return ",".join(str(changes.get(name, value)) for name, value in zip(HEADER, GOOD.split(","), strict=True))


def test_a_row_is_a_trade_and_its_market_is_defined_before_it(tmp_path: Path) -> None:
    """Nothing of a recording would reach the detector."""
    source = TardisTrades(write(tmp_path / "a.csv.gz", GOOD, row(id=8, side="buy")))
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
        (row(side="unknown"), "bad_shape"),
        (GOOD.rpartition(",")[0], "bad_shape"),
        (GOOD + ",1", "bad_shape"),
        ("", "bad_shape"),
        ("\x00\x01garbage", "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_read(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged line would end the replay, or its number would enter a price."""
    source = TardisTrades(write(tmp_path / "a.csv", bad, GOOD))
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
    event = list(TardisTrades(write(tmp_path / "a.csv", row(id=text))))[-1]
    assert isinstance(event, Trade)
    assert event.trade_id == trade_id
    encode(event)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"price,amount\n1,2\n",
        ",".join(HEADER[::-1]).encode(),
        b"\x1f\x8b\x08\x00garbage",
        bytes(range(256)) * 8,
        b'{"e":"trade"}\n',
        b"\xff\xfe" + "exchange".encode("utf-16-le"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_what_is_no_trades_file_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    """A wrong file would replay as a calm day."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=f"{path}: not a trades file"):
        list(TardisTrades(path))


def test_a_truncated_file_is_used_up_to_the_cut(tmp_path: Path) -> None:
    """A download that broke off would be worth nothing, or pass for whole."""
    path = write(tmp_path / "a.csv.gz", *(row(id=number) for number in range(5_000)))
    path.write_bytes(path.read_bytes()[:-500])
    source = TardisTrades(path)
    events = list(source)
    assert 1_000 < len(events) < 5_001
    assert source.skipped == {"truncated_file": 1}
    assert source.damage.startswith(f"{path}: stopped after {source.rows} rows: ")


def test_a_file_damaged_in_its_middle_is_used_up_to_there(tmp_path: Path) -> None:
    """Damage raises other errors than truncation, and none may escape."""
    path = write(tmp_path / "a.csv.gz", *(row(id=number, amount=number * 7919 % 1009 + 1) for number in range(9_000)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = b"\xff" * 64
    path.write_bytes(content)
    source = TardisTrades(path)
    assert len(list(source)) > 100
    assert source.damage


@pytest.mark.parametrize(
    ("exchange", "symbol", "venue", "instrument", "value", "notional"),
    [
        ("binance-delivery", "BTCUSD_PERP", "binance-coinm", "BTC-USD-PERP", 100.0, 200.0),
        ("binance-delivery", "UNIUSD_PERP", "binance-coinm", "UNI-USD-PERP", 10.0, 20.0),
        ("binance-delivery", "BTCUSD_251226", "binance-coinm", "BTC-USD-20251226", 100.0, 200.0),
        ("binance-futures", "1000PEPEUSDT", "binance-usdm", "1000PEPE-USDT-PERP", 1.0, 100.0),
        ("binance", "BTCUSDC", "binance-spot", "BTC-USDC-SPOT", 1.0, 100.0),
        ("binance", "ETHBTC", "binance-spot", "ETH-BTC-SPOT", 1.0, None),
        ("coinbase", "AVAX-USD", "coinbase", "AVAX-USD-SPOT", 1.0, 100.0),
        ("kraken", "ETH/EUR", "kraken", "ETH-EUR-SPOT", 1.0, None),
        ("bybit", "BTCUSD", "bybit", "BTC-USD-PERP", None, None),
        ("okex-swap", "BTC-USDT-SWAP", "okex-swap", "BTC-USDT-PERP", None, None),
        ("deribit", "BTC-PERPETUAL", "deribit", "BTC-USD-PERP", None, None),
        ("nobody", "", "nobody", "UNKNOWN-USD-PERP", None, None),
    ],
)
def test_what_an_amount_is_worth_is_known_or_unknown_and_never_guessed(
    exchange: str, symbol: str, venue: str, instrument: str, value: float | None, notional: float | None
) -> None:
    """Contracts would be counted as coins: 60,000 dollars for a contract of 100."""
    found = instrument_of(exchange, symbol, 1, 2)
    assert (found.venue, found.instrument, found.contract_value) == (venue, instrument, value)
    assert found.notional_usd(2.0, 50.0) == notional


def test_files_are_merged_by_their_receive_times_in_batches(tmp_path: Path) -> None:
    """Two venues would be replayed one after the other."""
    odd = write(tmp_path / "odd.csv", *(row(id=n, local_timestamp=TIME_US + n) for n in range(1, 20, 2)))
    even = write(
        tmp_path / "even.csv.gz",
        *(row(exchange="coinbase", symbol="AVAX-USD", id=n, local_timestamp=TIME_US + n) for n in range(0, 20, 2)),
    )
    for size in (1, 3, 512):
        replay = TardisReplay([odd, even], batch_events=size)
        batches = list(replay)
        assert max(map(len, batches)) <= size
        assert [e.trade_id for batch in batches for e in batch if isinstance(e, Trade)] == list(range(20))
        assert [source.rows for source in replay.sources] == [10, 10]
        assert replay.progress() == 1.0
