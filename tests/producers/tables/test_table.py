"""What all tables share: a file is read to its end or to where it is damaged, and every omission is counted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.errors import RecordingError
from producers.tables.table import LONGEST_ROW_BYTES, Table, first_line
from producers.tables.tardis_symbols import Markets
from producers.tables.tardis_trades import TardisTrades
from schemas.base import Event
from schemas.market import Trade
from tests.kit.table_files import write_table

HEADER = TardisTrades.header
TIME_US = 1_760_129_405_123_456
GOOD = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5_000},7,sell,28.5,12"


def numbered(number: int, amount: int) -> str:
    """A row of its own."""
    return f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5_000},{number},sell,28.5,{amount}"


class Named(Table):
    """Rows with or without a header: the name of the file says what they are."""

    kind = "named"
    header = "a,b"

    @classmethod
    def reads(cls, first_line: str, path: Path) -> bool:
        """By the name."""
        return first_line == cls.header or path.name.startswith("named")

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        self.seen = [line for run in lines for line in run]
        return iter(())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"price,amount\n1,2\n",
        ",".join(HEADER.split(",")[::-1]).encode(),
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
        list(TardisTrades(path, Markets()))


@pytest.mark.parametrize("cut", [1, 4, 9, 500])
def test_a_truncated_file_is_used_up_to_the_cut(tmp_path: Path, cut: int) -> None:
    """A download that broke off would be worth nothing, or pass for whole."""
    path = write_table(
        tmp_path / "a.csv.gz", HEADER, *(numbered(number, number * 7919 % 1009 + 1) for number in range(5_000))
    )
    path.write_bytes(path.read_bytes()[:-cut])
    source = TardisTrades(path, Markets())
    events = list(source)
    assert 1_000 < len(events) <= 5_001
    assert source.skipped == {"truncated_file": 1}
    assert source.damage.startswith(f"{path}: stopped after {source.rows} rows: the gzip data ends too early; ")
    assert source.progress == 1.0


def test_the_row_in_which_the_data_ends_is_no_row(tmp_path: Path) -> None:
    """A price or amount would lose its last digits."""
    path = write_table(tmp_path / "a.csv.gz", HEADER, *(numbered(number, 123_456_789) for number in range(2_000)))
    whole = path.read_bytes()
    for cut in range(9, 60):
        path.write_bytes(whole[:-cut])
        trades = [event for event in TardisTrades(path, Markets()) if isinstance(event, Trade)]
        assert trades
        assert {trade.qty for trade in trades} == {123_456_789.0}


def test_a_file_damaged_in_its_middle_is_used_up_to_there(tmp_path: Path) -> None:
    """Damage raises other errors than truncation, and none may escape."""
    path = write_table(
        tmp_path / "a.csv.gz", HEADER, *(numbered(number, number * 7919 % 1009 + 1) for number in range(9_000))
    )
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = b"\xff" * 64
    path.write_bytes(content)
    source = TardisTrades(path, Markets())
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
    path.write_bytes(b"\n".join([HEADER.encode(), GOOD.encode(), wrong, GOOD.encode(), b""]))
    source = TardisTrades(path, Markets())
    assert sum(isinstance(event, Trade) for event in source) == 2
    assert (source.rows, source.skipped, source.damage) == (3, {reason: 1}, "")


def test_a_line_without_an_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    """A gigabyte of zeros in a file would fill the memory."""
    path = tmp_path / "a.csv"
    head = f"{HEADER}\n{GOOD}\n".encode()
    path.write_bytes(head + bytes(3 * LONGEST_ROW_BYTES) + f"\n{GOOD}\n".encode())
    source = TardisTrades(path, Markets())
    assert sum(isinstance(event, Trade) for event in source) == 2
    assert source.skipped == {"bad_shape": 1}


@pytest.mark.parametrize("header", ["", "a,b\n", "\ufeffa,b\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_without_a_header_keeps_its_first_row(tmp_path: Path, header: str, end: str) -> None:
    """Files of one maker have headers from some year on: a row would be lost, or a header be a bad row."""
    path = tmp_path / "named.csv"
    path.write_bytes(f"{header}1,2\r\n3,4{end}".encode())
    table = Named(path, Markets())
    assert list(table) == []
    assert (table.seen, table.rows, table.progress) == (["1,2", "3,4"], 2, 1.0)


def test_an_empty_file_that_its_name_announces_has_no_rows(tmp_path: Path) -> None:
    """An hour without trades would be a row that cannot be read."""
    path = tmp_path / "named.csv"
    for content in (b"", b"a,b\n", b"a,b"):
        path.write_bytes(content)
        table = Named(path, Markets())
        assert list(table) == []
        assert (table.seen, table.rows) == ([], 0)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst", "a.zip"])
def test_rows_are_the_same_whatever_they_are_packed_in(tmp_path: Path, name: str) -> None:
    """A day from one archive would be refused, or differ from the same day of another."""
    rows = [numbered(number, number * 7919 % 1009 + 1) for number in range(3_000)]
    table = TardisTrades(write_table(tmp_path / name, HEADER, *rows), Markets())
    amounts = [event.qty for event in table if isinstance(event, Trade)]
    assert amounts == [float(row.rpartition(",")[2]) for row in rows]
    assert (table.rows, table.damage, table.progress) == (3_000, "", 1.0)


def test_a_pipe_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """The replay would wait for ever, or read the beginning twice."""
    path = tmp_path / "p.csv"
    os.mkfifo(path)
    for use in (lambda path: TardisTrades(path, Markets()), first_line):
        with pytest.raises(RecordingError, match=r"p\.csv: not a regular file"):
            use(path)
        with pytest.raises(RecordingError, match=r"none\.csv: cannot be read: No such file"):
            use(tmp_path / "none.csv")


def test_where_a_file_begins_is_told_without_reading_it(tmp_path: Path) -> None:
    """Years of days would be read twice, or the rows of their beginnings be counted twice."""
    times = [TIME_US + n for n in range(3_000)]
    rows = [f"binance-delivery,AVAXUSD_PERP,{us},{us},{us},sell,28.5,12" for us in times]
    table = TardisTrades(write_table(tmp_path / "trades.csv", TardisTrades.header, *rows), Markets())
    first = table.begins()
    assert first is not None
    assert first.ts_recv_ns == TIME_US * 1_000
    assert (table.rows, table.progress, table.instruments) == (0, 0.0, {})
    assert len(list(table)) == 3_001
    empty = TardisTrades(write_table(tmp_path / "trades-none.csv", TardisTrades.header), Markets())
    assert empty.begins() is None
