"""Best bids and asks. No real file stands behind these: the rows are in the documented shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.tables.tardis_quotes import TardisQuotes
from producers.tables.tardis_symbols import Markets
from schemas.instrument import Instrument
from schemas.market import BookTop
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456
GOOD = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5},3,28.6,28.4,2"
NAMES = TardisQuotes.header.split(",")


def row(**changes: object) -> str:
    """A good row with other fields."""
    return ",".join(str(changes.get(name, value)) for name, value in zip(NAMES, GOOD.split(","), strict=True))


def quotes(path: Path, *rows: str) -> TardisQuotes:
    """A reader of these rows."""
    return TardisQuotes(write_table(path, TardisQuotes.header, *rows), Markets())


def test_a_row_is_the_best_bid_and_ask(tmp_path: Path) -> None:
    """The columns begin with the ask: the book would be crossed all day."""
    definition, top = quotes(tmp_path / "a.csv", GOOD)
    assert isinstance(definition, Instrument)
    assert isinstance(top, BookTop)
    assert (top.bid, top.bid_qty, top.ask, top.ask_qty) == (28.4, 2.0, 28.6, 3.0)
    assert (top.ts_event_ns, top.ts_recv_ns) == (TIME_US * 1000, (TIME_US + 5) * 1000)


def test_a_side_without_orders_is_none(tmp_path: Path) -> None:
    """An empty side would be a price of zero."""
    event = list(quotes(tmp_path / "a.csv", row(bid_price="", bid_amount="")))[-1]
    assert isinstance(event, BookTop)
    assert (event.bid, event.bid_qty, event.ask) == (None, None, 28.6)


def test_quotes_of_one_moment_keep_their_order(tmp_path: Path) -> None:
    """Any of them would be the one that holds."""
    events = [e for e in quotes(tmp_path / "a.csv", GOOD, row(ask_price=28.5), GOOD) if isinstance(e, BookTop)]
    times = [event.ts_event_ns for event in events]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(ask_price="NaN"), "bad_number"),
        (row(bid_price="0"), "bad_number"),
        (row(bid_price="-1"), "bad_number"),
        (row(bid_amount="inf"), "bad_number"),
        (row(ask_amount="-1"), "bad_number"),
        (row(timestamp="x"), "bad_number"),
        (row(timestamp=TIME_US // 1000), "bad_time"),
        (row(symbol="*"), "bad_shape"),
        (row(exchange="deribit", symbol="BTC-27DEC24-50000-C"), "option"),
        (GOOD + ",1", "bad_shape"),
        ("", "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_read(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged line would end the replay, or its number would be a price."""
    source = quotes(tmp_path / "a.csv", bad, GOOD)
    assert [type(event) for event in source] == [Instrument, BookTop]
    assert source.skipped == {reason: 1}
