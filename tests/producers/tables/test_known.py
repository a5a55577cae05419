"""Which reader has a file: its first line says so, and its name where that does not."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
import zstandard

from producers.errors import RecordingError
from producers.tables.known import TABLES, is_table, table_of
from producers.tables.table import LONGEST_ROW_BYTES, Table
from producers.tables.tardis_liquidations import TardisLiquidations
from producers.tables.tardis_symbols import Markets
from producers.tables.tardis_trades import TardisTrades
from schemas.instrument import Instrument
from schemas.market import Trade
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456
GOOD = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5_000},7,sell,28.5,12"
TEXT = f"{TardisTrades.header}\n{GOOD}\n{GOOD}\n".encode()


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
    assert is_table(path)
    source = table_of(path, Markets())
    assert type(source) is TardisTrades
    assert [type(event) for event in source] == [Instrument, Trade, Trade]
    assert (source.rows, source.skipped, source.damage, source.progress) == (2, {}, "", 1.0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("raw.txt", b'1723161260000000000 {"e":"trade"}\n'),
        ("raw.csv", gzip.compress(b'1723161260000000000 {"e":"trade"}\n')),
        ("own.csv", b'0 {"recording":{"version":1,"venue":"binance-usdm"}}\n'),
        ("empty", b""),
        ("endless", bytes(2 * LONGEST_ROW_BYTES)),
    ],
)
def test_frames_are_no_table(tmp_path: Path, name: str, content: bytes) -> None:
    """The wrong reader would say of a good recording that it is none."""
    path = tmp_path / name
    path.write_bytes(content)
    assert table_of(path, Markets()) is None
    assert not is_table(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("foreign.csv", b"foo,bar\n1,2\n"),
        ("foreign.CSV.GZ", gzip.compress(b"foo,bar\n1,2\n")),
        ("garbage.csv", bytes(range(256)) * 8),
        ("reversed.csv", ",".join(TardisTrades.header.split(",")[::-1]).encode()),
    ],
)
def test_what_is_only_named_like_a_table_is_refused_with_the_kinds_that_are_known(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """A wrong file would replay as a calm day, or be called a bad recording of frames."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=f"{path}: no table that we know .*trades.*; its first line is"):
        is_table(path)


def test_liquidations_are_told_from_trades_by_the_name_of_the_file(tmp_path: Path) -> None:
    """The columns are the same: liquidations would be trades, and enter prices and flows."""
    for name, kind in (
        ("binance-futures_liquidations_2025-10-10_BTCUSDT.csv.gz", TardisLiquidations),
        ("binance-futures_trades_2025-10-10_BTCUSDT.csv.gz", TardisTrades),
        ("a.csv", TardisTrades),
    ):
        assert type(table_of(write_table(tmp_path / name, TardisTrades.header, GOOD), Markets())) is kind


@pytest.mark.parametrize(
    ("name", "kind", "noted"),
    [
        ("liquidations/2025/10/10/BTCUSDT.csv.gz", TardisLiquidations, False),
        ("Liquidations/BTCUSDT.csv.gz", TardisLiquidations, False),
        ("liquidations/binance_trades_BTCUSDT.csv", TardisTrades, False),
        ("liquidations/trades/2025/BTCUSDT.csv", TardisTrades, False),
        ("liquidations-of-2025/BTCUSDT.csv", TardisTrades, True),
        ("2025/10/10/BTCUSDT.csv.gz", TardisTrades, True),
    ],
)
def test_liquidations_are_told_from_trades_by_the_nearest_name(
    tmp_path: Path, name: str, kind: type[Table], noted: bool
) -> None:
    """Closed positions would be trades where the kind is the folder's name; and nobody would be told to say which."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    table = table_of(write_table(path, TardisTrades.header, GOOD), Markets())
    assert type(table) is kind
    assert ("read as trades; if they are liquidations" in table.note) is noted


@pytest.mark.parametrize("name", ["BTCUSDT-trades-2025-10-10.zip.CHECKSUM", "BTCUSDT.csv.part", "a.csv.sha256"])
def test_what_lies_beside_a_table_is_no_broken_one(tmp_path: Path, name: str) -> None:
    """Its sum would be called a table that nobody knows."""
    path = tmp_path / name
    path.write_text(f"{'0' * 64}  {name}\n")
    assert not is_table(path)


def test_every_reader_is_found_by_its_own_first_line(tmp_path: Path) -> None:
    """A reader that another one hides would never be used."""
    for table in (one for one in TABLES if "binance" not in one.__module__):  # those go by names
        path = write_table(tmp_path / f"x_{table.kind}.csv", table.header)
        assert type(table_of(path, Markets())) is table


def test_a_zip_of_several_files_is_refused_by_name(tmp_path: Path) -> None:
    """One of its days would be replayed and the others not."""
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    with pytest.raises(RecordingError, match=r"two\.zip: a zip of 2 files"):
        is_table(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RecordingError, match="cut off or damaged"):
        is_table(path)
