"""`cascade evaluate` on a tiny case: what is printed, written and left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from detector.catalog import RULES
from detector.commands import evaluate as module
from detector.commands.case_run import AbsentError
from detector.commands.cases import CaseError
from detector.commands.evaluate import Wanted, evaluate
from detector.scoring.run import Run
from producers.errors import ProducerError, RecordingError, UsageError
from tests.kit.told import alert, condition, run

CASES = """
[[case]]
name = "crash"
title = "a crash"
kind = "crash"
set = "tuned"
source = ["crash.csv"]
labels = ["crash.csv"]
ablate = { from = 2025-10-10T21:00:00Z }
[[case.goals]]
goal = "at_most"
says = "nothing above WATCH"
level = "WATCH"

[[case]]
name = "quiet"
title = "a quiet hour"
kind = "quiet"
set = "shown"
source = ["quiet.csv"]

[[aside]]
data = "hourly candles"
why = "one value an hour"
"""
LABELS = """stage,scope,asset,onset_utc,clear_utc,tolerance_s,source,tier
event,market,*,2025-10-10T21:00:50Z,2025-10-10T21:20:00Z,,made up,A
S1,market,*,2025-10-10T21:01:40Z,2025-10-10T21:05:00Z,15,made up,
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A file of two cases with its labels."""
    (tmp_path / "crash.csv").write_text(LABELS)
    path = tmp_path / "cases.toml"
    path.write_text(CASES)
    return path


@pytest.fixture(autouse=True)
def _replays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The crash alerts, without `S1.breadth` later; of the quiet hour there are no data."""

    def replay_case(case: Any, data: Path | None, *, off: tuple[str, ...], **_: Any) -> Run:
        if case.name == "quiet":
            raise (AbsentError("no quiet.csv in the folder of data") if data else RecordingError("quiet.csv: damaged"))
        late = 30 if off else 0
        return run(
            [] if off else condition("S1.breadth/1", 104, 200),
            condition("S2.breadth/1", 120, 300),
            alert(110 + late, "WATCH"),
            alert(140 + late, "HIGH", "escalated"),
        )

    monkeypatch.setattr(module, "replay_case", replay_case)


def evaluated(cases: Path, **changes: Any) -> bool:
    """One run in this process."""
    usual: dict[str, Any] = {
        "cases": cases,
        "data": cases.parent,
        "names": [],
        "jobs": 1,
        "ablate": False,
        "rivals": {},
        "wanted": Wanted(),
    }
    return evaluate(**(usual | changes))


def test_the_table_goes_to_standard_output_and_progress_to_standard_error(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who redirects the table would have progress in it."""
    assert evaluated(cases)
    out, err = capsys.readouterr()
    assert "MISSED" in out
    assert "not scored: no quiet.csv in the folder of data" in out
    assert "[1/2] crash: 1,000 events, 2 alerts" in err
    assert "[2/2] quiet: not scored: no quiet.csv in the folder of data" in err


def test_json_and_markdown_hold_the_same_every_time(cases: Path, tmp_path: Path) -> None:
    """What is checked in would differ between two runs."""
    written = []
    for name in ("a", "b"):
        wanted = Wanted(json=tmp_path / f"{name}.json", markdown=tmp_path / f"{name}.md")
        evaluated(cases, wanted=wanted)
        written.append(((tmp_path / f"{name}.json").read_bytes(), (tmp_path / f"{name}.md").read_text()))
    assert written[0] == written[1]
    card = msgspec.json.decode(written[0][0])
    assert card["cases"][0]["labels"][0]["error_s"] == 4.0
    assert card["recall"][0]["recalled"] == 1
    assert "| hourly candles | one value an hour |" in written[0][1]


def test_ablation_replays_without_each_rule_that_was_seen(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a rule is worth would be guessed."""
    evaluated(cases, ablate=True, wanted=Wanted(json=tmp_path / "a.json"))
    found = msgspec.json.decode((tmp_path / "a.json").read_bytes())["ablation"]
    assert [one["rule"] for one in found] == list(RULES)
    assert [one["rule"] for one in found if one["began"]] == ["S1.breadth/1", "S2.breadth/1"]
    found = [one for one in found if one["began"]]
    assert found[0]["own"] == 1
    assert found[0]["levels"] == ["market: WATCH to HIGH +30 s", "2 alerts gone, 2 new"]
    assert "crash without S1.breadth/1" in capsys.readouterr().err


def test_recordings_that_cannot_be_read_are_no_success(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scorecard with a hole in it would pass in CI."""
    assert not evaluated(cases, data=None)
    assert "not scored: quiet.csv: damaged" in capsys.readouterr().out
    assert evaluated(cases, data=None, names=["crash"])


def test_what_cannot_be_meant_is_said_before_anything_is_replayed(cases: Path, tmp_path: Path) -> None:
    """Ten minutes would pass before a typing mistake is told."""
    with pytest.raises(CaseError, match="no case is called 'storm'"):
        evaluated(cases, names=["storm"])
    for missing in (Wanted(json=tmp_path / "no" / "a.json"), Wanted(markdown=tmp_path / "no" / "a.md")):
        with pytest.raises(UsageError, match="there is no folder"):
            evaluated(cases, wanted=missing)
    with pytest.raises(UsageError, match="ends in"):
        evaluated(cases, wanted=Wanted(picture=tmp_path / "a.gif"))
    with pytest.raises(ProducerError, match=r"no case that is replayed has markets to draw|pictures need matplotlib"):
        evaluated(cases, wanted=Wanted(picture=tmp_path / "a.png"))
