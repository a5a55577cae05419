"""Goals met and missed, and which evidence was missing."""

from __future__ import annotations

from typing import Any

import pytest

from detector.catalog import RULES
from detector.scoring.case import (
    CalmGoal,
    CauseGoal,
    Goal,
    LevelGoal,
    LowerGoal,
    MessagesGoal,
    OnsetGoal,
    OpenGoal,
)
from detector.scoring.goals import GoalCard, check, not_replayed
from detector.scoring.run import Run
from detector.signals import asset_move, breadth, deleveraging
from tests.kit.told import alert, label, moment, run, told

SEEN = {breadth.SHOCK: 1.0}


def checked(goal: Goal, replay: Run) -> GoalCard:
    """What became of one goal."""
    (card,) = check([goal], replay)
    assert card.says == goal.says
    assert bool(card.missing) is not card.met
    return card


def onset(**changes: Any) -> OnsetGoal:
    """S2 of the market within a minute."""
    usual: dict[str, Any] = {"says": "S2 in time", "stage": "S2", "after": moment(100), "by": moment(160)}
    return OnsetGoal(**(usual | changes))


def test_an_onset_in_time_is_told_with_its_rule() -> None:
    """Nobody could tell what had seen it."""
    card = checked(onset(), run(told(breadth.FLOW, 90), told(breadth.FLOW, 150, 151)))
    assert (card.met, card.seen) == (True, f"21:02:30 by {breadth.FLOW}, told 21:02:31")


def test_a_missed_onset_says_which_rules_were_blind() -> None:
    """A blind detector would be blamed for its lines, or a bad line excused by blindness."""
    goal = onset(stage="S6", scope="north")
    blind = checked(goal, run(sight={deleveraging.RULE: 0.25}))
    assert (blind.seen, blind.missing) == ("never", f"seen of the time: {deleveraging.RULE} 0%")
    seeing = run(told(deleveraging.RULE, 200, venue="north", asset="SOL"), sight=dict.fromkeys(RULES, 1.0))
    for second in (100.0, 160.0):
        seeing.sight.sample(
            int(seeing.first_ns + second * 1e9), dict.fromkeys(RULES, 2_000), dict.fromkeys(RULES, 2_000)
        )
    late = checked(goal, seeing)
    assert not late.met
    assert late.seen.startswith("21:03:20")


def test_a_level_counts_with_its_second_key() -> None:
    """CRITICAL by one kind of evidence alone would pass."""
    goal = LevelGoal(says="critical", level="CRITICAL", after=moment(0), by=moment(100), second_key=True)
    in_time = run(alert(10, "HIGH"), alert(90, "EMERGENCY", "escalated", second_key="off-book fills on north"))
    assert checked(goal, in_time).seen == "EMERGENCY at 21:01:30, second key: off-book fills on north"
    assert checked(goal, run(alert(90, "CRITICAL"))).missing == "no second key was named"
    late = checked(goal, run(alert(110, "CRITICAL", second_key="x"), sight={"S3.depth/1": 0.0}))
    assert not late.met
    assert "S3.depth/1 0%" in late.missing
    assert checked(goal, run(alert(10, "HIGH"))).seen == "never"


def test_calm_is_broken_by_the_highest_alert_only_within_its_window() -> None:
    """The crash would break the promise about the night before it."""
    goal = CalmGoal(says="calm", level="WATCH", start=moment(0), end=moment(100))
    assert checked(goal, run(sight=SEEN)).seen == "no alert"
    late = run(alert(50, "WATCH"), alert(100, "HIGH", "escalated"), sight=SEEN)
    assert checked(goal, late).seen == "at most WATCH at 21:00:50"
    broken = checked(goal, run(alert(50, "WATCH"), alert(60, "HIGH", "escalated"), alert(70, "CLEAR", "resolved")))
    assert (broken.state, broken.seen) == ("missed", "HIGH at 21:01:00")


def test_calm_of_the_blind_is_no_calm() -> None:
    """A promise of silence would be kept best by whoever sees nothing."""
    goal = CalmGoal(says="calm", level="WATCH")
    blind = checked(goal, run(sight={breadth.SHOCK: 0.79}))
    assert (blind.state, blind.missing) == ("not evaluable", f"seen of the time: {breadth.SHOCK} 79%")
    assert checked(goal, run(events=0, sight=SEEN)).state == "not evaluable"
    later = CalmGoal(says="calm", level="WATCH", start=moment(9_000))
    assert checked(later, run(sight=SEEN)).missing == "nothing was replayed of that time"
    assert checked(goal, run(alert(10, "HIGH"))).state == "missed"


def test_calm_begins_with_what_stands() -> None:
    """An alarm of the minute before would be forgotten, and an hour of HIGH be called calm."""
    goal = CalmGoal(says="calm", level="WATCH", start=moment(100), end=moment(200))
    assert checked(goal, run(alert(50, "HIGH"), sight=SEEN)).seen == "HIGH at 21:00:50"
    over = run(alert(50, "HIGH"), alert(90, "CLEAR", "resolved", peak="HIGH"), sight=SEEN)
    assert checked(goal, over).seen == "no alert"


def test_calm_of_every_scope_is_broken_by_any_asset_but_not_by_data() -> None:
    """Single coins could cry all night, or a lost connection break the promise."""
    goal = CalmGoal(says="calm", scope="*", level="WATCH")
    one = {asset_move.RULE: 1.0}
    assert checked(goal, run(alert(50, "HIGH", scope="SOL"), sight=one)).seen == "HIGH of SOL at 21:00:50"
    assert checked(goal, run(alert(50, "WARN", scope="okx", stages=("D",)), sight=one)).met
    assert checked(goal, run()).state == "not evaluable"
    assert checked(CalmGoal(says="calm", scope="SOL", level="WATCH"), run(sight=SEEN)).state == "not evaluable"


def test_a_goal_about_many_assets_is_not_met_by_one() -> None:
    """One thin book would pass for the void of a whole venue."""
    goal = onset(stage="S4", scope="north", assets=3)
    empty = [told("S4.empty_book/1", second, venue="north", asset=f"A{second}") for second in (110, 120, 130)]
    assert checked(goal, run(*empty[:2])).seen == "on A110, A120 alone"
    assert checked(goal, run(*empty)).seen.startswith("21:02:10 by S4.empty_book/1")
    named = onset(stage="S4", scope="north", assets=3, rules=("S4.fall_without_trades/1",))
    falls = [told("S4.fall_without_trades/1", s, venue="north", asset=f"A{s}") for s in (110, 120, 130)]
    assert checked(named, run(*falls)).met
    assert checked(goal, run(told("S4.venue_fall_without_trades/1", 140, venue="north"))).met


def test_a_goal_may_name_its_rules() -> None:
    """That assets move as one would pass for the shock itself."""
    goal = onset(stage="S1", rules=(breadth.SHOCK,))
    assert not checked(goal, run(told("S1.absorption/1", 110))).met
    assert checked(goal, run(told("S1.absorption/1", 110), told(breadth.SHOCK, 120))).seen.startswith("21:02:00")


def test_messages_of_all_episodes_of_the_event_are_summed() -> None:
    """A story that is cut into pieces would be told in few messages each."""
    goal = MessagesGoal(says="few", at=moment(100), at_most=2)
    pieces = [
        alert(10, "WATCH"),
        alert(90, "HIGH", "escalated"),
        alert(120, "CLEAR", "resolved", peak="HIGH"),
        alert(200, "WATCH", episode="two"),
        alert(2_000, "WATCH", episode="three"),
    ]
    assert check([goal], run(*pieces))[0].met
    (card,) = check([goal], run(*pieces), [label("event", 50, 900, tier="A")])
    assert (card.state, card.seen) == ("missed", "3 about the market, 0 beside it; 1 edits; 2 episodes")


def test_goals_of_a_case_without_its_data_are_neither_met_nor_missed() -> None:
    """Half a scorecard would look like a whole one."""
    (card,) = not_replayed([onset()], "no a.gz in the folder of data")
    assert (card.state, card.met, card.missing) == ("not replayed", False, "no a.gz in the folder of data")


def test_a_lull_is_no_end() -> None:
    """An all-clear in the middle of the crash would go unnoticed."""
    goal = OpenGoal(says="open", start=moment(100), end=moment(200))
    assert checked(goal, run(alert(50, "HIGH"), alert(900, "CLEAR", "resolved"))).met
    assert checked(goal, run(alert(50, "HIGH"))).met
    assert checked(goal, run(alert(50, "HIGH"), alert(150, "CLEAR", "resolved"))).seen == "resolved at 21:02:30"
    assert checked(goal, run(alert(50, "HIGH"), alert(90, "CLEAR", "resolved"))).seen == "no episode was open"
    assert not checked(goal, run()).met


def test_messages_are_those_of_the_episode_of_that_moment() -> None:
    """A quiet episode of the morning would stand for the noisy one."""
    goal = MessagesGoal(says="few", at=moment(100), at_most=2)
    noisy = [alert(20, "HIGH", "escalated"), alert(30, "CRITICAL", "escalated")]
    assert checked(goal, run(alert(10, "WATCH"), *noisy[:1])).met
    assert not checked(goal, run(alert(10, "WATCH"), *noisy)).met
    beside = [alert(s, "HIGH", scope=f"A{s}", episode=f"a{s}") for s in (11, 12)]
    assert checked(goal, run(alert(10, "WATCH"), *beside)).seen.startswith(
        "1 about the market, 1 beside it (A11); 0 edits"  # A12 joins the message of A11
    )
    assert checked(goal, run(alert(200, "WATCH"))).seen == "no episode"


def test_a_near_control_stays_below_every_crashed_asset() -> None:
    """A market that hardly moved would be told like one that lost its book."""
    goal = LowerGoal(says="lower", asset="TRX", than=("DOT", "UNI"), start=moment(0), end=moment(100))
    dot, uni = alert(10, "CRITICAL", scope="DOT"), alert(20, "HIGH", scope="UNI")
    assert checked(goal, run(dot, uni)).seen == "TRX CLEAR, others DOT CRITICAL, UNI HIGH"
    missed = checked(goal, run(dot, uni, alert(30, "HIGH", scope="TRX")))
    assert missed.missing == "nothing set it apart from UNI"


def test_a_cause_is_what_was_told_last() -> None:
    """An early guess would count for ever."""
    goal = CauseGoal(says="macro", cause="macro", at=moment(100))
    replay = run(alert(10, "WARN", cause="undecided"), alert(20, "HIGH", "escalated", cause="macro"))
    assert checked(goal, replay).seen == "macro, score -2"
    assert checked(goal, run(alert(10, "WARN", cause="mixed"))).missing == "no vote from none"
    assert checked(goal, run(alert(10, "WARN"))).seen == "no label"


@pytest.mark.parametrize("stage", ["S1", "S2", "S3", "S4", "S4p", "S5", "S6", "S6i"])
def test_every_stage_that_a_goal_may_name_has_rules(stage: str) -> None:
    """A missed goal would blame nothing."""
    assert "0%" in checked(onset(stage=stage), run()).missing
