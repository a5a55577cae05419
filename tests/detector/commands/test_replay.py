"""`cascade replay`: what a person reads, what a program reads, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from detector import cli
from detector.commands.day_window import DayWindow
from detector.commands.replay import replay
from detector.engine import Engine
from producers.bundled import CALM_SECONDS
from producers.errors import RecordingError
from producers.tables.adl_waves import AdlWaves
from producers.tables.tardis_books import TardisBooks
from tests.kit.binance_archive import BEGINS_MS, saved
from tests.kit.table_files import write_table
from tests.kit.trades_csv import crash_csv


def played(*paths: Path, **changes: Any) -> Engine:
    """The engine after a replay."""
    usual: dict[str, Any] = {
        "as_json": False,
        "venue_id": None,
        "chunk": 512,
        "conditions": False,
        "window": DayWindow(None, None),
        "labels": None,
    }
    return replay(paths, **(usual | changes))


def test_a_raw_recording_reports_its_frames_and_its_books(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody could tell a whole recording from a damaged one."""
    engine = played(CALM_SECONDS[0])
    out, err = capsys.readouterr()
    assert err == ""
    assert "(binance-usdm): 36,878 frames, 2 REST answers; book_delta 3,063, book_snapshot 2" in out
    assert "sequence gaps 0, unread frames 0" in out
    assert "seconds with a crossed book: 0" in out
    assert "binance-usdm BTC-USDT-PERP: seconds proven / accrued / unwarmed / unknown" in out
    assert "events/s" in out.splitlines()[-1]
    assert engine.dropped() == {}


def test_trades_from_several_files_are_one_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Breadth and dislocation exist only between markets."""
    paths = crash_csv(tmp_path)
    engine = played(*paths)
    out, err = capsys.readouterr()
    assert err == ""
    assert f"{paths[0].name}: " in out
    assert "trades of north-x BTC-USDT-PERP" in out
    assert "contract value of BTC-USDT-PERP unknown: its notional stays unknown" in out
    assert "WATCH market falling" in out
    assert "+ S1.breadth/1 market" in out
    assert "+ S4.fall_without_trades/1 north-x BTC" not in out
    assert len(list(engine.markets())) == len(paths) == 6


def test_tables_of_several_kinds_are_one_session_and_each_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who put a book beside the trades could not tell whether it was read."""
    at = "north-x,BTCUSDT,1760000040000000,1760000040000000"
    book = write_table(
        tmp_path / "book.csv.gz", TardisBooks.header, f"{at},true,bid,100,1", f"{at},true,ask,101,1", "damaged"
    )
    coins = [f"1,1760000041000,1760000041000,{coin},0,5,0" for coin in "ABCDEFGHIJKLMN"]
    engine = played(*crash_csv(tmp_path), book, write_table(tmp_path / "waves.csv", AdlWaves.header, *coins))
    out, _ = capsys.readouterr()
    assert "book.csv.gz: 3 incremental_book_L2 of north-x BTC-USDT-PERP, 1 rows skipped: bad_shape\n" in out
    assert "waves.csv: 14 ADL waves of hyperliquid A-USDC-PERP, " in out
    assert ", hyperliquid L-USDC-PERP and 2 more\n" in out
    assert engine.dropped() == {}


def test_conditions_of_single_assets_are_told_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There would be no way to see why."""
    played(*crash_csv(tmp_path), conditions=True)
    assert "+ S4.fall_without_trades/1 north-x BTC" in capsys.readouterr().out


def test_json_goes_to_standard_output_and_words_to_standard_error(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A program would read prose."""
    played(*crash_csv(tmp_path), as_json=True)
    out, err = capsysbinary.readouterr()
    assert out.count(b"\n") > 10
    assert all(line.startswith(b'{"kind":"') for line in out.splitlines())
    assert b"events/s" in err


def test_a_window_leaves_out_what_was_received_outside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half an hour of a day would cost the whole day, or lose its definitions."""
    paths = crash_csv(tmp_path)
    whole = played(*paths)
    window = DayWindow("08:56", "09:00")  # the file begins at 08:54 on 2025-10-09
    part = played(*paths, window=window)
    assert 0 < part.events < whole.events / 2
    assert part.dropped() == {}
    assert part.now_ns // 10**9 % 86_400 <= 9 * 3_600
    assert part.first_ns // 10**9 % 86_400 >= 8 * 3_600 + 55 * 60
    capsys.readouterr()


def test_the_window_does_not_depend_on_the_batches(tmp_path: Path) -> None:
    """`--chunk` would change what is inside."""
    paths = crash_csv(tmp_path)
    counts = {played(*paths, window=DayWindow("08:56", "09:00"), chunk=n).events for n in (1, 77, 100_000)}
    assert len(counts) == 1


def test_trades_and_frames_are_not_mixed(tmp_path: Path) -> None:
    """Two kinds of clocks would be merged as if they were one."""
    with pytest.raises(RecordingError, match="cannot be merged"):
        played(CALM_SECONDS[0], *crash_csv(tmp_path))


def test_rows_that_were_not_in_order_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that somebody sorted anew would be replayed without a word."""
    rows = [f"{n},100,1,{n},{n},{BEGINS_MS + 1_000 * n},true" for n in (1, 3, 2, 4)]
    played(saved(tmp_path, "um/BTCUSDT-aggTrades-2025-10-10.csv", rows))
    out, _ = capsys.readouterr()
    assert "4 aggTrades of binance-usdm BTC-USDT-PERP, 1 rows not in order: put where they belong" in out


def test_what_only_a_name_could_tell_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Liquidations would pass for trades, and nobody would look at how the file was called."""
    played(*crash_csv(tmp_path)[:1])
    out, _ = capsys.readouterr()
    assert "  read as trades; if they are liquidations, say so in the file's name" in out


def test_a_folder_that_was_fetched_to_is_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every file would have to be named, and the sums beside them would stop the replay."""
    for day in (10, 11):
        rows = [f"{n},100,1,{n},{n},{BEGINS_MS + 90_000 * (day - 10) + 1_000 * n},true" for n in range(1, 90)]
        path = saved(tmp_path, f"um/daily/aggTrades/BTCUSDT-aggTrades-2025-10-{day}.zip", rows, as_zip=True)
        path.with_name(f"{path.name}.CHECKSUM").write_text(f"{'0' * 64}  {path.name}\n")
    for arguments, said in (([str(tmp_path)], ""), ([str(tmp_path / "um/daily/aggTrades/*")], "left out: 2 files")):
        monkeypatch.setattr(sys, "argv", ["cascade", "replay", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert not ended.value.code
        assert "BTCUSDT-aggTrades-2025-10-11.zip: 89 aggTrades of binance-usdm BTC-USDT-PERP" in out
        assert said in err
