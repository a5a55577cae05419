"""The screen: alerts above, the table below, plain lines where there is no terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from msgspec.structs import replace

from detector.console.screen import MOST_ROWS, REFRESH_S, Screen
from detector.engine import Engine
from schemas.alert import Alert, Transition
from tests.detector.console.test_wording import ONSET


def test_alerts_are_printed_and_conditions_are_not(
    crashing: Engine, alert: Alert, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hundreds of conditions would bury the three lines that matter."""
    with Screen(crashing, "demo") as screen:
        screen(alert)
        screen(ONSET)
        screen.refresh()
    said = capsys.readouterr().out
    assert "CRITICAL market falling: shock, forced flow" in said
    assert "S3.depth" not in said
    assert "\x1b" not in said
    assert screen.alerts == [alert]


def test_an_asset_is_not_read_out_beside_the_market_it_falls_with(
    crashing: Engine, alert: Alert, capsys: pytest.CaptureFixture[str]
) -> None:
    """A crash of everything would be told once for every coin."""
    sol = replace(alert, scope="SOL", episode_id="e2", headline="CRITICAL SOL falling: forced flow")
    with Screen(crashing, "demo") as screen:
        screen(alert)
        screen(sol)
    assert screen.alerts == [alert]
    assert "SOL" not in capsys.readouterr().out


def test_the_table_is_printed_once_at_the_end(crashing: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe would get the table twice a second, or never."""
    screen = Screen(crashing, "demo")
    screen.refresh()
    assert capsys.readouterr().out == ""
    screen.final_table()
    said = capsys.readouterr().out
    assert "demo   2025-10-09 09:06:29 UTC" in said
    assert said.count("BTC") == 2


def test_a_terminal_gets_a_live_table_of_limited_rate(
    crashing: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drawing would cost more than detecting."""
    clock = [100.0]
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("detector.console.screen.time.monotonic", lambda: clock[0])
    with Screen(crashing, "demo") as screen:
        screen.refresh()
        first = capsys.readouterr().out
        screen.refresh()
        again = capsys.readouterr().out
        clock[0] += REFRESH_S
        screen.refresh()
        later = capsys.readouterr().out
    assert "BTC" in first
    assert again == ""
    assert "BTC" in later


def test_markets_in_trouble_come_first(monkeypatch: pytest.MonkeyPatch, crashing: Engine) -> None:
    """The rows that matter would be below the edge of the terminal."""
    monkeypatch.setattr("detector.console.screen.MOST_ROWS", 3)
    screen = Screen(crashing, "demo")
    screen.console.file = io.StringIO()
    screen.final_table()
    rows = [line for line in screen.console.file.getvalue().splitlines() if "north" in line or "south" in line]
    assert len(rows) == 3 < MOST_ROWS
    assert all(" S" in row for row in rows)


def test_what_was_printed_can_be_saved_as_a_picture(crashing: Engine, alert: Alert, tmp_path: Path) -> None:
    """The README's picture could not be made anew."""
    screen = Screen(crashing, "demo", keep=True)
    screen.console.file = io.StringIO()
    screen(alert)
    screen.save(tmp_path / "demo.svg")
    picture = (tmp_path / "demo.svg").read_text()
    assert "CRITICAL" in picture
    assert "url(" not in picture.partition("</style>")[0]


def test_an_onset_is_no_alert() -> None:
    """The test above would prove nothing with an alert in its place."""
    assert isinstance(ONSET, Transition)
