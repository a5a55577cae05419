"""The sections of one case."""

from __future__ import annotations

from detector.console.scorecard_cases import Section, case_sections
from detector.scoring.alarms import Alarm, Heard
from detector.scoring.case import Case
from detector.scoring.case_card import case_card
from detector.signals import branching
from tests.kit.told import alert, at, condition, label, moment, run, stretch

CRASH = Case(name="x", title="x", kind="crash", use="tuned", source=("a.gz",), moments={"trough": moment(700)})


def sections(*outputs: object) -> dict[str, Section]:
    """By title."""
    labels = [
        label("event", 50, 900, tier="A"),
        label("S1", 100, 300),
        label("S3", 100, 300, scope="gemini", asset="feed"),
        label("macro", 0, 120),
    ]
    card = case_card(CRASH, run(*outputs), labels)  # type: ignore[arg-type]
    return {section.title: section for section in case_sections(card)}


def test_leads_stand_beside_each_level() -> None:
    """The one number that a user wants would be missing."""
    told = sections(
        alert(100, "WATCH"),
        alert(400, "CRITICAL", "escalated", second_key="off-book fills on north", cause="mixed"),
        alert(1_500, "CLEAR", "resolved", peak="CRITICAL"),
    )
    leads = told["Lead of the first alert at each level"]
    assert leads.columns == ("event", "level", "first", "before the trough", "resolved after its end")
    assert leads.rows[0] == ("market, tier A", "WATCH", "21:01:40", "+10.0 min", "+10.0 min")
    assert leads.rows[-1] == ("market, tier A", "CRITICAL", "21:06:40", "+5.0 min", "+10.0 min")
    assert told["What was told of the market"].rows[1][3:] == ("S1", "off-book fills on north", "mixed")
    assert told["Episodes of the market"].rows == (("2025-10-10 21:01", "CRITICAL", "2", "0", "1", "2025-10-10 21:25"),)


def test_what_was_missed_and_what_was_not_there_are_told_apart() -> None:
    """A venue that nobody recorded would look like a miss."""
    rows = sections()["Labels"].rows
    assert [row[7] for row in rows] == ["missed", "not in the input"]
    assert sections(condition(branching.RULE, 104, 200))["Labels"].rows[0][3:8] == (
        "21:01:44",
        "+4 s",
        "15 s",
        "+4 s",
        "within",
    )


def test_a_wrong_cause_stands_out() -> None:
    """A macro move told as a cascade would go unnoticed."""
    assert sections(alert(100, "WATCH", cause="mixed"))["Macro or microstructure"].rows[0][2:] == (
        "macro",
        "mixed",
        "WRONG",
    )
    assert sections(alert(100, "WATCH", cause="macro"))["Macro or microstructure"].rows[0][4] == "right"
    assert sections()["Macro or microstructure"].rows[0][3:] == ("nothing", "-")


def test_other_programs_stand_beside_this_detector() -> None:
    """Who was blind would look like who was calm."""
    heard = {
        "loud": Heard([Alarm(at(160), "BTC", "storm")], [stretch(0, 3_600)]),
        "blind": Heard(),
    }
    card = case_card(CRASH, run(heard=heard), [label("event", 50, 900, tier="A"), label("S1", 100, 300)])
    (section,) = (one for one in case_sections(card) if one.title == "Other programs' rules")
    assert section.columns == ("rule", "could see", "messages", "first", "after S1", "before the trough")
    assert section.rows[2:] == (
        ("loud", "100 %", "1", "21:02:40", "+60 s", "+9.0 min"),
        ("blind", "0 %", "not evaluable", "-", "-", "-"),
    )
