"""Books from rows of changed levels. No real file stands behind these: the rows are in the documented shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.tables.tardis_books import TardisBooks
from producers.tables.tardis_symbols import Markets
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456
EXCHANGE, SYMBOL = "binance-delivery", "AVAXUSD_PERP"

Levels = Sequence[tuple[str, str]]


def message(
    at: int, *, bids: Levels = (), asks: Levels = (), whole: bool = False, names: str = f"{EXCHANGE},{SYMBOL}"
) -> list[str]:
    """Rows of one message, received `at` microseconds after the first moment and sent five earlier."""
    head = f"{names},{TIME_US + at - 5},{TIME_US + at},{str(whole).lower()}"
    return [f"{head},{side},{p},{q}" for side, levels in (("bid", bids), ("ask", asks)) for p, q in levels]


WHOLE = message(0, bids=[("28.4", "1"), ("28.3", "2")], asks=[("28.6", "3"), ("28.70", "4")], whole=True)


def books(path: Path, *rows: str) -> TardisBooks:
    """A reader of these rows."""
    return TardisBooks(write_table(path, TardisBooks.header, *rows), Markets())


def kinds(found: Sequence[Event]) -> list[type[Event]]:
    """What the events are, without the definitions."""
    return [type(event) for event in found if type(event) is not Instrument]


def test_rows_of_one_message_are_one_event_with_the_files_digits(tmp_path: Path) -> None:
    """A book would be read between two rows of a message, when it is crossed."""
    delta = message(10, bids=[("28.4", "0"), ("28.35", "1e-7")], asks=[("28.50", "7")])
    source = books(tmp_path / "a.csv", *WHOLE, *delta)
    definition, first, second = source
    assert isinstance(definition, Instrument)
    assert isinstance(first, BookSnapshot)
    assert isinstance(second, BookDelta)
    assert (definition.venue, definition.instrument) == ("binance-coinm", "AVAX-USD-PERP")
    assert (first.ts_event_ns, first.ts_recv_ns) == ((TIME_US - 5) * 1000, TIME_US * 1000)
    assert bytes(first.bids) == b'[["28.4","1"],["28.3","2"]]'
    assert bytes(first.asks) == b'[["28.6","3"],["28.70","4"]]'
    assert bytes(second.bids) == b'[["28.4","0"],["28.35","1e-7"]]'
    assert (bytes(second.asks), second.last_id, second.ts_recv_ns) == (b'[["28.50","7"]]', None, (TIME_US + 10) * 1000)
    assert (source.rows, source.skipped, source.damage) == (7, {}, "")


def test_only_books_that_are_fetched_leave_far_levels_standing(tmp_path: Path) -> None:
    """Depth beyond a thousand levels would collapse at each reconnect, or levels of a whole book never go."""
    for names, kept in (("binance-futures,BTCUSDT", True), ("deribit,BTC-PERPETUAL", False), ("mtgox,BTC/USD", False)):
        rows = message(0, bids=[("28.4", "1")], asks=[("28.6", "3")], whole=True, names=names)
        event = list(books(tmp_path / "a.csv", *rows))[-1]
        assert isinstance(event, BookSnapshot)
        assert event.keeps_far_levels is kept


def test_a_whole_book_is_told_best_level_first(tmp_path: Path) -> None:
    """Readers of the stream take the first level for the best."""
    mixed = message(0, bids=[("9.5", "1"), ("10", "2")], asks=[("11.5", "3"), ("11", "4")], whole=True)
    event = list(books(tmp_path / "a.csv", *mixed))[-1]
    assert isinstance(event, BookSnapshot)
    assert bytes(event.bids) == b'[["10","2"],["9.5","1"]]'
    assert bytes(event.asks) == b'[["11","4"],["11.5","3"]]'


def test_changes_before_the_first_whole_book_are_left_out_and_counted(tmp_path: Path) -> None:
    """A book of three levels would pass for a thin market."""
    source = books(tmp_path / "a.csv", *message(-9, bids=[("28.4", "5"), ("28.2", "5")]), *WHOLE)
    assert kinds(list(source)) == [BookSnapshot]
    assert source.skipped == {"no_book": 2}


def test_a_whole_book_after_changes_ends_a_gap_that_began_with_the_last_of_them(tmp_path: Path) -> None:
    """Minutes in which the collector was away would be a book that stood still."""
    again = message(5_000_000, bids=[("27.4", "1")], asks=[("27.6", "3")], whole=True)
    found = list(books(tmp_path / "a.csv", *WHOLE, *message(10, bids=[("28.4", "5")]), *again))
    assert kinds(found) == [BookSnapshot, BookDelta, Gap, BookSnapshot]
    gap = found[3]
    assert isinstance(gap, Gap)
    assert (gap.channel, gap.instrument) == ("book", "AVAX-USD-PERP")
    assert gap.since_ns == gap.ts_recv_ns == (TIME_US + 10) * 1000
    assert found[2].ts_event_ns < gap.ts_event_ns < found[4].ts_event_ns


def test_whole_books_that_follow_one_another_have_no_gaps_between_them(tmp_path: Path) -> None:
    """A feed of whole books would be unknown all day."""
    rows = [row for at in range(0, 50, 10) for row in message(at, bids=[("28.4", str(at))], whole=True)]
    assert kinds(list(books(tmp_path / "a.csv", *rows))) == [BookSnapshot] * 5


def test_messages_of_one_moment_keep_their_order(tmp_path: Path) -> None:
    """A level would be what it was before, since nothing else numbers the messages."""
    deltas = [
        f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + at},false,bid,28.4,{amount}"
        for at, amount in ((1, 9), (2, 8), (3, 1))
    ]
    stale = f"{EXCHANGE},{SYMBOL},{TIME_US - 1_000_000},{TIME_US + 4},false,bid,28.4,4"
    ahead = f"{EXCHANGE},{SYMBOL},{TIME_US + 3_600_000_000},{TIME_US + 5},false,bid,28.4,4"
    found = [event.ts_event_ns for event in books(tmp_path / "a.csv", *WHOLE, *deltas, stale, ahead)][1:]
    assert found == sorted(set(found))
    assert found[-1] < (TIME_US + 60_000_000) * 1000


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("garbage", "bad_shape"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + 10},false,bid,28.4", "bad_number"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + 10},false,bid,28.4,", "bad_number"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + 10},false,bid,28.4,1,1", "bad_number"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + 10},false,bid,-1,5", "bad_number"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + 10},false,bid,28.4,nan", "bad_number"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + 10},false,buy,28.4,5", "bad_shape"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},{TIME_US + 10},maybe,bid,28.4,5", "bad_shape"),
        (f"{EXCHANGE},{SYMBOL},{TIME_US},12,false,bid,28.4,5", "bad_time"),
        (f"{EXCHANGE},{SYMBOL},x,{TIME_US + 11},false,bid,28.4,5", "bad_shape"),
        (f'{EXCHANGE},"{SYMBOL},{TIME_US},{TIME_US + 10},false,bid,28.4,5', "bad_shape"),
        (f"{EXCHANGE},{SYMBOL}\ufffd,{TIME_US},{TIME_US + 10},false,bid,28.4,5", "bad_shape"),
    ],
)
def test_after_a_row_that_cannot_be_read_the_book_is_unknown_until_the_next_whole_one(
    tmp_path: Path, bad: str, reason: str
) -> None:
    """One level would be wrong for the rest of the day, and nobody would know."""
    delta = message(10, bids=[("28.4", "5"), ("28.2", "5")])
    rows = [*WHOLE, delta[0], bad, delta[1], *message(20, asks=[("28.5", "1")])]
    again = message(30, bids=[("27.4", "1")], whole=True)
    source = books(tmp_path / "a.csv", *rows, *again, *message(40, asks=[("28.5", "1")]))
    assert kinds(list(source)) == [BookSnapshot, BookDelta, Gap, BookSnapshot, BookDelta]
    assert source.skipped == {reason: 1, "no_book": 1}


def test_a_whole_book_that_may_lack_a_row_is_not_believed(tmp_path: Path) -> None:
    """The lost row may have been its first."""
    source = books(tmp_path / "a.csv", "garbage", *WHOLE, *message(10, bids=[("28.4", "5")]))
    assert kinds(list(source)) == [BookSnapshot, Gap]
    assert source.skipped == {"bad_shape": 1, "no_book": 1}


def test_an_empty_line_is_no_lost_row(tmp_path: Path) -> None:
    """A file that was edited by hand would have no book."""
    source = books(tmp_path / "a.csv", *WHOLE, "", *message(10, bids=[("28.4", "5")]), "")
    assert kinds(list(source)) == [BookSnapshot, BookDelta]
    assert source.skipped == {"bad_shape": 2}


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst"])
def test_at_the_end_of_a_file_that_is_cut_off_the_book_is_unknown(tmp_path: Path, name: str) -> None:
    """It would stand still while the other markets fall."""
    rows = [row for at in range(1, 4_000) for row in message(at, bids=[("28.4", str(at * 7919 % 1009))])]
    path = write_table(tmp_path / name, TardisBooks.header, *WHOLE, *rows)
    path.write_bytes(path.read_bytes()[:-500])
    source = TardisBooks(path, Markets())
    found = list(source)
    assert set(kinds(found[:-1])) == {BookSnapshot, BookDelta}
    assert isinstance(found[-1], Gap)
    assert source.skipped == {"truncated_file": 1}
    assert source.damage


def test_options_are_left_out_and_harm_no_other_book(tmp_path: Path) -> None:
    """Files of a whole exchange hold both."""
    option = message(0, bids=[("0.01", "1")], whole=True, names="deribit,BTC-27DEC24-50000-C")
    source = books(tmp_path / "a.csv", *WHOLE, *option, *message(10, bids=[("28.4", "5")]))
    assert kinds(list(source)) == [BookSnapshot, BookDelta]
    assert source.skipped == {"option": 1}


def test_markets_of_one_file_keep_books_of_their_own(tmp_path: Path) -> None:
    """A gap of one would be a gap of all, and its levels theirs."""
    other = "binance-delivery,BTCUSD_PERP"
    rows = [*WHOLE, *message(0, bids=[("50", "1")], whole=True, names=other), *message(10, bids=[("28.4", "5")])]
    again = message(20, bids=[("28.1", "1")], whole=True)
    found = list(books(tmp_path / "a.csv", *rows, *again, *message(30, bids=[("50", "2")], names=other)))
    assert [(type(event).__name__, event.instrument.partition("-")[0]) for event in found] == [
        ("Instrument", "AVAX"), ("BookSnapshot", "AVAX"), ("Instrument", "BTC"), ("BookSnapshot", "BTC"),
        ("BookDelta", "AVAX"), ("Gap", "AVAX"), ("BookSnapshot", "AVAX"), ("BookDelta", "BTC"),
    ]  # fmt: skip
    received = [event.ts_recv_ns for event in found]
    assert received == sorted(received)


PRICES = st.integers(1, 60).map(lambda ticks: f"{ticks / 4:.2f}")
SIDE = st.dictionaries(PRICES, st.integers(0, 9).map(str), max_size=6)
MESSAGES = st.lists(st.tuples(st.booleans(), SIDE, SIDE), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(messages=MESSAGES)
def test_a_book_written_as_rows_and_read_back_is_the_same_book(
    tmp_path: Path, messages: list[tuple[bool, dict[str, str], dict[str, str]]]
) -> None:
    """Levels would be lost, doubled or put on the other side."""
    rows: list[str] = []
    wanted: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for number, (whole, bids, asks) in enumerate([(True, {"1.00": "1"}, {"9.00": "1"}), *messages]):
        rows += message(number, bids=list(bids.items()), asks=list(asks.items()), whole=whole)
        for side, levels in zip(wanted, (bids, asks), strict=True):
            if whole and (bids or asks):
                side.clear()
            side.update(levels)
    source = books(tmp_path / "a.csv", *rows)
    built: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for event in source:
        if isinstance(event, BookSnapshot | BookDelta):
            for side, raw in zip(built, (event.bids, event.asks), strict=True):
                if isinstance(event, BookSnapshot):
                    side.clear()
                side.update(dict(json.loads(bytes(raw))))
    assert built == wanted
    assert source.skipped == {}
