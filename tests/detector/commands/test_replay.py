"""`cascade replay`: what a person reads, what a program reads, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.commands.replay import DayWindow, replay
from detector.engine import Engine
from producers.bundled import CALM_SECONDS
from producers.errors import RecordingError
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


@pytest.mark.parametrize("text", ["25:00", "8", "noon", "08:00:00"])
def test_a_time_of_day_is_written_in_one_way(text: str) -> None:
    """A typing mistake would replay everything."""
    with pytest.raises(ValueError, match="write HH:MM"):
        DayWindow(text, None)


def test_trades_and_frames_are_not_mixed(tmp_path: Path) -> None:
    """Two kinds of clocks would be merged as if they were one."""
    with pytest.raises(RecordingError, match="cannot be merged"):
        played(CALM_SECONDS[0], *crash_csv(tmp_path))
