"""The figures of one case."""

from __future__ import annotations

from typing import Any

from detector.scoring.case import Case
from detector.scoring.case_card import case_card, left_out, quiet_stretches
from detector.signals import branching, breadth
from tests.kit.told import alert, condition, label, moment, run, stretch


def case(**changes: Any) -> Case:
    """A crash of one recording."""
    usual = {"name": "x", "title": "a crash", "kind": "crash", "use": "shown", "source": ("a.gz",)}
    return Case(**(usual | changes))


def test_labels_are_within_outside_missed_or_not_in_the_input() -> None:
    """A venue that was not recorded would be a miss of the detector."""
    labels = [
        label("S1", 100, 300),
        label("S2", 100, 300),
        label("S3", 100, 300, scope="north"),
        label("S3", 110, 300, scope="gemini", asset="feed"),
        label("S1", 9_000, 9_100),
    ]
    replay = run(condition(branching.RULE, 105, 200), condition(breadth.FLOW, 150, 250))
    card = case_card(case(), replay, labels)
    assert [(one.stage, one.state, one.error_s, one.delay_s) for one in card.labels] == [
        ("S1", "within", 5.0, 5.0),
        ("S2", "outside", 50.0, 50.0),
        ("S3", "missed", None, None),
        ("S3", "absent", None, None),
    ]
    assert [one.where for one in card.stages] == ["market", "market", "north"]


def test_the_story_of_the_market_is_kept() -> None:
    """Nobody could see what was told when."""
    labels = [label("event", 50, 900, tier="A"), label("lull", 500, 600), label("quiet", 1_000, 1_900)]
    outputs = [
        alert(100, "WATCH"),
        alert(120, "CRITICAL", "escalated", second_key="off-book fills on north", cause="mixed"),
        alert(130, "HIGH", scope="SOL"),
        alert(550, "CLEAR", "resolved", peak="CRITICAL"),
    ]
    card = case_card(case(moments={"trough": moment(300)}), run(*outputs), labels)
    assert [(one.level, one.second_key, one.cause) for one in card.told] == [
        ("WATCH", "", ""),
        ("CRITICAL", "off-book fills on north", "mixed"),
        ("CLEAR", "", ""),
    ]
    assert (card.highest, card.lulls_resolved, card.quiet_hours) == ("CRITICAL", 1, 0.25)
    (event,) = card.true_events
    assert event.leads_s["trough"]["CRITICAL"] == 180.0
    assert len(card.episodes) == 1


def test_quiet_is_what_is_labelled_or_else_a_whole_quiet_recording() -> None:
    """The hours of a crash, or of a generator, would lower the rate of false alarms."""
    labels, replay = [label("quiet", 1_000, 1_900)], run()
    assert quiet_stretches(case(), replay, labels) == [stretch(1_000, 1_900)]
    assert quiet_stretches(case(), replay, []) == []
    assert quiet_stretches(case(kind="quiet"), replay, []) == [stretch(0, 3_600)]
    assert quiet_stretches(case(kind="quiet", source=("reconstruction-twin",)), replay, labels) == []
    assert quiet_stretches(case(kind="quiet"), run(events=0), []) == []


def test_a_case_that_was_left_out_says_why() -> None:
    """A scorecard of half the cases would look whole."""
    card = left_out(case(), "no a.gz in the folder of data")
    assert (card.name, card.left_out, card.labels, card.goals) == ("x", "no a.gz in the folder of data", (), ())
