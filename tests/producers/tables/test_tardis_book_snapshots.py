"""The best levels of a book in one wide row. No real file stands behind these: the rows are in the documented shape."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.tables.known import table_of
from producers.tables.table import Table
from producers.tables.tardis_book_snapshots import TardisBookSnapshots5, TardisBookSnapshots25
from producers.tables.tardis_symbols import Markets
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookSnapshot
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456

Levels = list[tuple[str, str]]


def row(at: int, bids: Levels, asks: Levels, most: int = 5) -> str:
    """A wide row; places without a level are empty."""
    cells = ["deribit", "BTC-PERPETUAL", str(TIME_US + at), str(TIME_US + at + 5)]
    for place in range(most):
        for side in (asks, bids):
            cells += side[place] if place < len(side) else ("", "")
    return ",".join(cells)


def test_a_row_is_a_whole_book_and_all_there_is_of_it(tmp_path: Path) -> None:
    """Depth beyond the fifth level would be taken for known, and be none."""
    path = write_table(
        tmp_path / "a.csv", TardisBookSnapshots5.header, row(0, [("9.50", "1"), ("9", "2")], [("10", "3")])
    )
    source = TardisBookSnapshots5(path, Markets())
    definition, event = source
    assert isinstance(definition, Instrument)
    assert isinstance(event, BookSnapshot)
    assert (event.venue, event.instrument) == ("deribit", "BTC-USD-PERP")
    assert (bytes(event.bids), bytes(event.asks)) == (b'[["9.50","1"],["9","2"]]', b'[["10","3"]]')
    assert not event.keeps_far_levels
    assert (event.ts_event_ns, event.ts_recv_ns) == (TIME_US * 1000, (TIME_US + 5) * 1000)
    assert (source.rows, source.skipped, source.damage) == (1, {}, "")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("", "bad_shape"),
        (row(0, [], [], most=4), "bad_shape"),
        (row(0, [("nan", "1")], []), "bad_number"),
        (row(0, [("9", "")], []), "bad_number"),
        (row(0, [("-9", "1")], []), "bad_number"),
        (row(0, [], []).replace(str(TIME_US), "x"), "bad_number"),
        (row(-TIME_US, [], []), "bad_time"),
        (row(0, [("9", "1")], []).replace("BTC-PERPETUAL", "BTC-27DEC24-50000-C"), "option"),
        (row(0, [("9", "1")], []).replace("BTC-PERPETUAL", '"BTC'), "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_the_whole_book_again(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged line would end the replay."""
    good = row(1, [("9", "1")], [("10", "1")])
    source = TardisBookSnapshots5(write_table(tmp_path / "a.csv", TardisBookSnapshots5.header, bad, good), Markets())
    assert [type(event) for event in source] == [Instrument, BookSnapshot]
    assert source.skipped == {reason: 1}


def test_at_the_end_of_a_file_that_is_cut_off_the_book_is_unknown(tmp_path: Path) -> None:
    """It would stand still while the other markets fall."""
    rows = [row(at, [("9", str(at * 7919 % 1009))], [("10", "1")]) for at in range(3_000)]
    path = write_table(tmp_path / "a.csv.gz", TardisBookSnapshots5.header, *rows)
    path.write_bytes(path.read_bytes()[:-300])
    source = TardisBookSnapshots5(path, Markets())
    *_, last_book, gap = source
    assert isinstance(last_book, BookSnapshot)
    assert isinstance(gap, Gap)
    assert gap.since_ns == last_book.ts_recv_ns
    assert source.damage


LEVEL = st.tuples(st.integers(1, 10**6).map(lambda ticks: f"{ticks / 100:.2f}"), st.integers(0, 10**6).map(str))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(books=st.lists(st.tuples(st.lists(LEVEL, max_size=25), st.lists(LEVEL, max_size=25)), min_size=1, max_size=4))
@pytest.mark.parametrize("table", [TardisBookSnapshots5, TardisBookSnapshots25])
def test_books_written_as_rows_and_read_back_are_the_same(
    tmp_path: Path, table: type[Table], books: list[tuple[Levels, Levels]]
) -> None:
    """A column would be taken for its neighbour."""
    most = 5 if table is TardisBookSnapshots5 else 25
    rows = [row(at, bids, asks, most) for at, (bids, asks) in enumerate(books)]
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("\n".join([table.header, *rows]).encode()))
    source = table_of(path, Markets())
    assert type(source) is table
    told = [(json.loads(bytes(e.bids)), json.loads(bytes(e.asks))) for e in source if isinstance(e, BookSnapshot)]
    assert told == [([list(b) for b in bids[:most]], [list(a) for a in asks[:most]]) for bids, asks in books]
