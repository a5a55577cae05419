"""Real trades of 10 October 2025 at two venues: onsets against the record of that day, and its quiet night."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.alert import MARKET, Alert, Transition
from schemas.codec import Output, decode_output

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def replayed(shared_data: Path, start: str, end: str) -> list[Output]:
    """What a replay of a part of the day says, to whoever reads its lines."""
    paths = sorted((shared_data / "oct10-trades").glob("*_trades_*.csv.gz"))
    assert len(paths) == 14
    command = [sys.executable, "-m", "detector.cli", "replay", "--json", "--from", start, "--to", end]
    run = subprocess.run([*command, *map(str, paths)], cwd=ROOT, capture_output=True, check=True, timeout=280)  # noqa: S603
    return [decode_output(line) for line in run.stdout.splitlines()]


@pytest.fixture(scope="module")
def crash(shared_data: Path) -> list[Output]:
    """The crash, with an hour before it as the normal."""
    return replayed(shared_data, "19:40", "21:25")


def at(text: str) -> int:
    """Nanoseconds of a time of that day."""
    return int(datetime.fromisoformat(f"2025-10-10T{text}").replace(tzinfo=UTC).timestamp()) * 10**9


def onset_ns(outputs: list[Output], rule: str, not_before: str, venue: str = MARKET) -> int:
    """The first onset of a rule after a time of day."""
    found = [
        output.since_ns
        for output in outputs
        if isinstance(output, Transition)
        and output.active
        and (output.rule, output.venue, output.asset) == (rule, venue, "*")
        and output.since_ns >= at(not_before)
    ]
    assert found, f"{rule} was never seen"
    return min(found)


@pytest.mark.parametrize(
    ("rule", "venue", "label", "tolerance_s"),
    [
        ("S1.branching/1", MARKET, "20:50:05", 15),
        ("S2.breadth/1", MARKET, "20:52:30", 60),
        ("S4.dislocation_breadth/1", MARKET, "21:13:27", 10),
        ("S4.venue_fall_without_trades/1", "binance-coinm", "21:17:30", 90),
    ],
)
def test_a_stage_is_seen_when_it_began(
    crash: list[Output], rule: str, venue: str, label: str, tolerance_s: int
) -> None:
    """The detector would be late, or alarmed by something else, on the day that it is made for."""
    error_s = (onset_ns(crash, rule, "20:45:00", venue) - at(label)) / 1e9
    assert abs(error_s) <= tolerance_s


def test_fills_missing_from_the_tape_are_seen_before_the_first_public_deleveraging(crash: list[Output]) -> None:
    """The two minutes of lead over 21:16:05 would be lost."""
    assert at("20:55:00") < onset_ns(crash, "S6.offbook_fills/2", "20:45:00", "binance-coinm") <= at("21:14:04")


def test_the_levels_rise_in_time(crash: list[Output]) -> None:
    """CRITICAL two minutes before deleveraging and EMERGENCY before the troughs is what is promised."""
    first: dict[str, int] = {}
    for output in crash:
        if isinstance(output, Alert) and output.scope == MARKET:
            first.setdefault(output.level, output.ts_ns)
    assert first["WATCH"] <= at("20:50:30")
    assert first["HIGH"] <= at("20:54:00")
    assert at("20:50:00") <= first["CRITICAL"] <= at("21:14:05")
    assert at("21:13:00") <= first["EMERGENCY"] <= at("21:18:30")


def test_the_quiet_night_of_the_same_day_stays_at_watch(shared_data: Path) -> None:
    """A radar that cries wolf is switched off before the crash."""
    alerts = [output for output in replayed(shared_data, "02:00", "03:30") if isinstance(output, Alert)]
    assert {alert.level for alert in alerts} <= {"CLEAR", "WATCH"}
