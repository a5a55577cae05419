"""Tables of several markets and kinds as one stream, in the order in which it was received."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.errors import RecordingError
from producers.tables.replay import TableReplay
from producers.tables.tardis_books import TardisBooks
from producers.tables.tardis_trades import TardisTrades
from schemas.codec import encode
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Trade
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456
BOOK = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US}"


def trade(number: int, recv_us: int = TIME_US, exchange: str = "binance-delivery", symbol: str = "AVAXUSD_PERP") -> str:
    """A row of a trades file."""
    return f"{exchange},{symbol},{TIME_US},{recv_us},{number},sell,28.5,12"


def test_two_files_share_no_id_for_two_symbols(tmp_path: Path) -> None:
    """The inverse and the linear bitcoin perpetual of one venue would be one market with two prices."""
    paths = [
        write_table(
            tmp_path / f"{symbol}.csv",
            TardisTrades.header,
            trade(1, exchange="cryptofacilities", symbol=symbol),
            trade(2),
        )
        for symbol in ("PI_XBTUSD", "PF_XBTUSD")
    ]
    (batch,) = TableReplay(paths, batch_events=100)
    assert {event.instrument for event in batch} == {"BTC-USD-PERP", "PF_XBTUSD", "AVAX-USD-PERP"}


def test_files_are_merged_by_their_receive_times_in_batches(tmp_path: Path) -> None:
    """Two venues would be replayed one after the other."""
    odd = write_table(tmp_path / "odd.csv", TardisTrades.header, *(trade(n, TIME_US + n) for n in range(1, 20, 2)))
    even = write_table(
        tmp_path / "even.csv.gz",
        TardisTrades.header,
        *(trade(n, TIME_US + n, "coinbase", "AVAX-USD") for n in range(0, 20, 2)),
    )
    for size in (1, 3, 512):
        replay = TableReplay([odd, even], batch_events=size)
        batches = list(replay)
        assert max(map(len, batches)) <= size
        assert [e.trade_id for batch in batches for e in batch if isinstance(e, Trade)] == list(range(20))
        assert [source.rows for source in replay.sources] == [10, 10]
        assert replay.progress() == 1.0


def test_kinds_are_merged_and_equal_times_keep_the_order_of_the_paths(tmp_path: Path) -> None:
    """Two runs over the same files could differ."""
    trades = write_table(tmp_path / "t.csv", TardisTrades.header, trade(1), trade(2, TIME_US + 2))
    book = write_table(
        tmp_path / "b.csv",
        TardisBooks.header,
        f"{BOOK},true,bid,28.4,1",
        f"{BOOK},true,ask,28.6,1",
        f"{BOOK[: -len(str(TIME_US))]}{TIME_US + 1},false,bid,28.4,2",
    )
    kinds = [Instrument, Trade, Instrument, BookSnapshot, BookDelta, Trade]
    (first,) = TableReplay([trades, book], batch_events=100)
    assert [type(event) for event in first] == kinds
    (again,) = TableReplay([trades, book], batch_events=100)
    assert list(map(encode, again)) == list(map(encode, first))
    assert [source.kind for source in TableReplay([trades, book], batch_events=1).sources] == [
        "trades", "incremental_book_L2",
    ]  # fmt: skip


def test_a_recording_of_frames_is_no_table(tmp_path: Path) -> None:
    """It would be read as a day without a trade."""
    path = tmp_path / "raw.txt"
    path.write_bytes(b'1723161260000000000 {"e":"trade"}\n')
    with pytest.raises(RecordingError, match=r"raw\.txt: no table"):
        TableReplay([path], batch_events=1)
