"""`cascade calibrate`: a file from a quiet recording, and none from what is too short or labelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.commands.calibrate import TooLoudError, calibrate
from detector.commands.calibration_file import load_calibration, read_calibration
from detector.commands.day_window import DayWindow
from detector.commands.labels import COLUMNS
from producers.errors import UsageError
from tests.kit.markets import START_S
from tests.kit.table_files import write_table
from tests.kit.trades_csv import HEADER

MINUTES = 46
LABELS = ",".join(COLUMNS)


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """Three quarters of an hour of one market that trades every other second."""
    rows = (
        f"coinbase,BTC-USD,{us},{us + 1_000},{second},buy,{60_000 + second // 10 % 7},0.01"
        for second in range(0, MINUTES * 60, 2)
        if (us := (START_S + second) * 1_000_000)
    )
    return write_table(tmp_path / "coinbase_BTC-USD.csv", HEADER, *rows)


def made(path: Path, *, labels: tuple[Path, ...] = (), against: Path | None = None) -> Path:
    """The file that is made."""
    out = path.with_name("calibration.toml")
    calibrate([path], out=out, labels=labels, against=against, venue_id=None, window=DayWindow(None, None))
    return out


def test_a_quiet_recording_gives_a_file_that_the_detector_takes(
    quiet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever restarts would be blind for ten minutes all the same."""
    out = made(quiet)
    said = capsys.readouterr().out
    assert "no labels: nothing is left out but what the detector itself calls WARN" in said
    assert "median of 62 samples in 0.52 quiet hours" in said
    file = read_calibration(out)
    assert file.recording[0].name == quiet.name
    assert file.quiet_hours == 0.52
    known = load_calibration(out).of_market("coinbase", "BTC-USD-SPOT")
    assert known is not None
    assert known.orders_per_s is not None
    assert known.orders_per_s.median == 0.5
    first = out.read_bytes()
    assert made(quiet, against=out).read_bytes() == first
    assert " 1.00 " in capsys.readouterr().out


def test_a_labelled_event_is_never_touched(quiet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next cascade would be measured by the last one."""
    labels = write_table(
        quiet.with_name("labels.csv"), LABELS, "S1,market,*,2025-10-09T10:00:00Z,2025-10-09T10:05:00Z,10,test"
    )
    with pytest.raises(TooLoudError, match="0 min of quiet, and at least 30 are needed: nothing was written"):
        made(quiet, labels=(labels,))
    out = capsys.readouterr().out
    assert f"labels: {labels}" in out
    assert "left out 2025-10-09T09:00:00Z to 2025-10-09T09:45:58Z: labelled: S1 market" in out
    assert not quiet.with_name("calibration.toml").exists()


def test_a_folder_that_is_not_there_is_said_before_anything_is_replayed(tmp_path: Path) -> None:
    """Hours of replay would end without a file."""
    out = tmp_path / "nowhere" / "calibration.toml"
    with pytest.raises(UsageError, match="there is no folder"):
        calibrate([tmp_path / "absent"], out=out, labels=(), against=None, venue_id=None, window=DayWindow(None, None))
