"""Trades from CSV files: whatever a row says, the file is read to its end and every omission is counted."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
import zstandard

from producers.errors import RecordingError
from producers.tardis_csv import HEADER, LONGEST_ROW_BYTES, TardisReplay, TardisTrades, is_trades_file
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


@pytest.mark.parametrize("cut", [1, 4, 9, 500])
def test_a_truncated_file_is_used_up_to_the_cut(tmp_path: Path, cut: int) -> None:
    """A download that broke off would be worth nothing, or pass for whole."""
    path = write(tmp_path / "a.csv.gz", *(row(id=number, amount=number * 7919 % 1009 + 1) for number in range(5_000)))
    path.write_bytes(path.read_bytes()[:-cut])
    source = TardisTrades(path)
    events = list(source)
    assert 1_000 < len(events) <= 5_001
    assert source.skipped == {"truncated_file": 1}
    assert source.damage.startswith(f"{path}: stopped after {source.rows} rows: the gzip data ends too early; ")
    assert source.progress == 1.0


def test_the_row_in_which_the_data_ends_is_no_row(tmp_path: Path) -> None:
    """A price or amount would lose its last digits."""
    path = write(tmp_path / "a.csv.gz", *(row(id=number, amount=123_456_789) for number in range(2_000)))
    whole = path.read_bytes()
    for cut in range(9, 60):
        path.write_bytes(whole[:-cut])
        trades = [event for event in TardisTrades(path) if isinstance(event, Trade)]
        assert trades
        assert {trade.qty for trade in trades} == {123_456_789.0}


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
    ("wrong", "reason"),
    [
        (b"binance-delivery,AVAX\xe9USD_PERP," + GOOD.encode().split(b",", 2)[2], "bad_shape"),
        (b"\xff\xfe\xfd", "bad_shape"),
        (GOOD.encode().replace(b",sell,", b",s\xe9ll,"), "bad_shape"),
        (b"a,b\rc,d", "bad_shape"),
        (b'"' + b"x" * 200_000, "bad_shape"),
    ],
)
def test_bytes_that_are_no_text_cost_their_row_only(tmp_path: Path, wrong: bytes, reason: str) -> None:
    """A quotation mark, a byte of Latin-1 or an endless field would swallow all that follows."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n".join([",".join(HEADER).encode(), GOOD.encode(), wrong, GOOD.encode(), b""]))
    source = TardisTrades(path)
    assert sum(isinstance(event, Trade) for event in source) == 2
    assert (source.rows, source.skipped, source.damage) == (3, {reason: 1}, "")


def test_a_line_without_an_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    """A gigabyte of zeros in a file would fill the memory."""
    path = tmp_path / "a.csv"
    head = f"{','.join(HEADER)}\n{GOOD}\n".encode()
    path.write_bytes(head + bytes(3 * LONGEST_ROW_BYTES) + f"\n{GOOD}\n".encode())
    source = TardisTrades(path)
    assert sum(isinstance(event, Trade) for event in source) == 2
    assert source.skipped == {"bad_shape": 1}


TEXT = "\n".join([",".join(HEADER), GOOD, GOOD, ""]).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gz.csv", gzip.compress(TEXT)),
        ("plain.csv.gz", TEXT),
        ("z.csv.zst", zstandard.compress(TEXT)),
        ("zst.csv", zstandard.compress(TEXT)),
        ("UPPER.CSV", TEXT),
        ("no_name", TEXT),
        ("trades.txt", gzip.compress(TEXT)),
        ("bom.csv", b"\xef\xbb\xbf" + TEXT),
        ("crlf.csv", TEXT.replace(b"\n", b"\r\n")),
        ("unended.csv", TEXT.rstrip()),
        ("members.csv.gz", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
    ],
)
def test_a_file_is_known_by_its_content_whatever_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    """A renamed or repacked file would be refused, or read as frames."""
    path = tmp_path / name
    path.write_bytes(content)
    assert is_trades_file(path)
    source = TardisTrades(path)
    assert [type(event) for event in source] == [Instrument, Trade, Trade]
    assert (source.rows, source.skipped, source.damage, source.progress) == (2, {}, "", 1.0)


@pytest.mark.parametrize(
    ("name", "content", "table"),
    [
        ("raw.txt", b'1723161260000000000 {"e":"trade"}\n', False),
        ("raw.csv", gzip.compress(b'1723161260000000000 {"e":"trade"}\n'), False),
        ("own.csv", b'0 {"recording":{"version":1,"venue":"binance-usdm"}}\n', False),
        ("empty", b"", False),
        ("empty.csv", b"", True),
        ("foreign.csv", b"foo,bar\n1,2\n", True),
        ("foreign.CSV.GZ", gzip.compress(b"foo,bar\n1,2\n"), True),
        ("endless", bytes(2 * LONGEST_ROW_BYTES), False),
    ],
)
def test_tables_and_frames_are_told_apart(tmp_path: Path, name: str, content: bytes, table: bool) -> None:
    """The wrong reader would say of a good file that it is none."""
    path = tmp_path / name
    path.write_bytes(content)
    assert is_trades_file(path) is table


def test_a_pipe_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """The replay would wait for ever, or read the beginning twice."""
    path = tmp_path / "p.csv"
    os.mkfifo(path)
    for use in (TardisTrades, is_trades_file):
        with pytest.raises(RecordingError, match=r"p\.csv: not a regular file"):
            use(path)
        with pytest.raises(RecordingError, match=r"none\.csv: cannot be read: No such file"):
            use(tmp_path / "none.csv")


def test_options_are_left_out_and_counted(tmp_path: Path) -> None:
    """A premium of 0.01 would be a bitcoin at one cent."""
    names = ["BTC-27DEC24-50000-C", "BTC-27DEC24-90000-P", "BTC-27DEC24"]
    source = TardisTrades(write(tmp_path / "a.csv", *(row(exchange="deribit", symbol=name) for name in names)))
    assert {event.instrument for event in source} == {"BTC-USD-20241227"}
    assert source.skipped == {"option": 2}


def test_trades_without_a_side_are_left_out_and_counted(tmp_path: Path) -> None:
    """Half a day of Bitstamp would be reported as damaged."""
    without = row(exchange="bitstamp", symbol="btcusd", side="unknown")
    source = TardisTrades(write(tmp_path / "a.csv", without, without, GOOD))
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
    source = TardisTrades(write(tmp_path / "a.csv", *several, *several))
    trades = [event for event in source if isinstance(event, Trade)]
    assert [trade.notional_usd for trade in trades] == [200.0, 100.0, None, None] * 2
    assert [trade.instrument for trade in trades[:4]] == [
        "BTC-USD-PERP", "BTC-USD-SPOT", "BTC-TRY-SPOT", "BTC-USDT-PERP",
    ]  # fmt: skip
    assert len(source.instruments) == 4


def test_two_files_share_no_id_for_two_symbols(tmp_path: Path) -> None:
    """The inverse and the linear bitcoin perpetual of one venue would be one market with two prices."""
    paths = [
        write(tmp_path / f"{symbol}.csv", row(exchange="cryptofacilities", symbol=symbol), row(symbol="AVAXUSD_PERP"))
        for symbol in ("PI_XBTUSD", "PF_XBTUSD")
    ]
    (batch,) = TardisReplay(paths, batch_events=100)
    assert {event.instrument for event in batch} == {"BTC-USD-PERP", "PF_XBTUSD", "AVAX-USD-PERP"}


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
