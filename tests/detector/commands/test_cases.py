"""Files of cases: what is published can be read, and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.commands.cases import CaseError, chosen, labels_of, read_cases
from detector.scoring.case import GENERATED, OnsetGoal

ROOT = Path(__file__).resolve().parents[3]
LABELS = ROOT / "docs" / "labels"
CASE = """
[[case]]
name = "calm"
title = "a calm minute"
kind = "quiet"
set = "shown"
source = ["bundled"]
"""
ONSET = """
[[case.goals]]
goal = "onset"
says = "S1"
stage = "S1"
rules = ["S1.breath/1"]
after = 2025-10-10T20:00:00Z
by = 2025-10-10T21:00:00Z
"""


def write(path: Path, text: str) -> Path:
    """A file of cases."""
    path.write_text(text)
    return path


def test_the_published_cases_and_their_labels_can_be_read() -> None:
    """`make scorecard` would end before it began."""
    file = read_cases(LABELS / "cases.toml")
    by_name = {case.name: case for case in file.case}
    assert {case.origin for case in file.case} == {"recorded", "generated"}
    assert {case.source[0] for case in file.case if case.origin == "generated"} == set(GENERATED)
    assert {label.stage for label in labels_of(by_name["oct10"], LABELS)} >= {"event", "quiet", "lull", "S1", "macro"}
    rebuilt = labels_of(by_name["reconstruction"], LABELS)
    assert {"event", "lull", "S1", "S6"} <= {label.stage for label in rebuilt}
    assert [label.onset_ns for label in rebuilt] == sorted(label.onset_ns for label in rebuilt)


def test_every_published_goal_lies_within_the_window_of_its_case() -> None:
    """A goal about a time that is not replayed could never be met."""
    for case in read_cases(LABELS / "cases.toml").case:
        for goal in case.goals:
            if isinstance(goal, OnsetGoal):
                assert goal.after < goal.by
                assert case.window.start is None or case.window.start <= goal.after
                assert case.window.end is None or goal.by <= case.window.end


def test_cases_are_chosen_by_name_in_the_order_of_the_file(tmp_path: Path) -> None:
    """`--case` would be ignored, or take the first name alone."""
    text = CASE + CASE.replace('"calm"', '"other"')
    cases = read_cases(write(tmp_path / "c.toml", text)).case
    assert [case.name for case in chosen(cases, [])] == ["calm", "other"]
    assert [case.name for case in chosen(cases, ["other", "calm"])] == ["calm", "other"]
    with pytest.raises(CaseError, match="no case is called 'storm'; there are calm, other"):
        chosen(cases, ["storm"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[case]\n", "c.toml: "),
        (CASE.replace('"quiet"', '"silent"'), r"Invalid enum value 'silent' - at `\$.case\[0\].kind`"),
        (CASE.replace("title", "titel"), "unknown field `titel`|missing required field `title`"),
        (CASE.replace('["bundled"]', "[]"), "the case 'calm' has no source"),
        (CASE.replace('["bundled"]', '["reconstruction", "a.gz"]'), "the case 'calm' mixes"),
        (CASE + CASE, "two cases are called 'calm'"),
        (CASE + ONSET, "no rule 'S1.breath/1' in the case 'calm'"),
        (CASE + "window = { from = 2025-10-10T20:00:00 }\n", "timezone"),
        (CASE + "window = { form = 2025-10-10T20:00:00Z }\n", "unknown field `form`"),
        (CASE + '[[case.goals]]\ngoal = "glory"\nsays = "x"\n', "Invalid value 'glory'"),
        (CASE + '[[case.goals]]\ngoal = "at_most"\nsays = "x"\nlevel = "LOUD"\n', "Invalid enum value 'LOUD'"),
    ],
)
def test_a_wrong_file_is_one_line_that_says_where(tmp_path: Path, text: str, says: str) -> None:
    """A typing mistake would replay something else for ten minutes."""
    with pytest.raises(CaseError, match=says):
        read_cases(write(tmp_path / "c.toml", text))


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    """Who installed the package has no file of cases where the default is."""
    with pytest.raises(CaseError, match="no such file; --cases names a file of cases"):
        read_cases(tmp_path / "c.toml")
