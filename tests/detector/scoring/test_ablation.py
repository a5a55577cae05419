"""What changes without a rule, by hand."""

from __future__ import annotations

from detector.scoring.ablation import ablated, never_began, rules_seen
from tests.kit.told import alert, condition, run, stretch, told

RULE, OTHER = "S2.breadth/1", "S1.breadth/1"
QUIET = [stretch(1_000, 2_000)]


def test_a_rule_that_only_shows_itself_changes_nothing_else() -> None:
    """A rule without any use would pass for a useful one."""
    whole = run(condition(RULE, 10, 70), condition(OTHER, 5, 90), alert(6, "WATCH"))
    card = ablated(RULE, "oct10", whole, run(condition(OTHER, 5, 90), alert(6, "WATCH")), QUIET)
    assert (card.own, card.others, card.levels, card.false_alarms, card.changes) == (1, (), (), 0, False)


def test_later_and_missing_levels_are_told() -> None:
    """What a rule is worth would be its own condition."""
    whole = run(
        told(RULE, 10), alert(6, "WATCH"), alert(10, "HIGH", "escalated"), alert(20, "HIGH", scope="SOL", episode="sol")
    )
    without = run(alert(6, "WATCH"), alert(25, "HIGH", scope="SOL", episode="sol"), alert(40, "WARN", "escalated"))
    card = ablated(RULE, "oct10", whole, without, QUIET)
    assert card.levels == (
        "market: WARN +30 s",
        "market: HIGH never",
        "SOL: WATCH to HIGH +5 s",
        "3 messages instead of 2",  # the market's own alert no longer tells of SOL
        "2 alerts gone, 2 new",
    )
    assert card.changes


def test_what_fares_alike_is_told_once() -> None:
    """A rule that many assets hang on would fill a page."""
    whole = run(alert(5, "HIGH", scope="SOL", episode="sol"), alert(6, "HIGH", scope="DOT", episode="dot"))
    assert ablated(RULE, "oct10", whole, run(), QUIET).levels == (
        "DOT, SOL: WATCH to HIGH never",
        "2 alerts gone, 0 new",
    )


def test_another_second_key_is_a_change() -> None:
    """A rule that is nothing but somebody's second key would look useless."""
    whole, without = (run(alert(5, "CRITICAL", second_key=key)) for key in ("off-book fills on north", "a broken peg"))
    assert ablated(RULE, "oct10", whole, without, QUIET).levels == ("1 alerts gone, 1 new",)


def test_other_conditions_that_move_are_told_by_rule() -> None:
    """That a rule holds back the baselines of others would stay hidden."""
    whole = run(told(RULE, 10), told(OTHER, 50), told(OTHER, 50, 60, severity="HIGH"))
    card = ablated(RULE, "oct10", whole, run(told(OTHER, 55), told(OTHER, 400)), QUIET)
    assert card.others == (f"{OTHER}: 1 onsets gone, 2 new",)


def test_false_alarms_are_those_above_watch_in_quiet_time() -> None:
    """A rule that keeps the detector calm would look useless."""
    without = run(alert(500, "HIGH"), alert(1_500, "HIGH", episode="two"), alert(1_600, "WATCH", episode="three"))
    card = ablated(RULE, "oct10", run(), without, QUIET)
    assert card.false_alarms == 1
    assert card.levels[-2:] == ("2 messages instead of 0", "0 alerts gone, 3 new")  # the last is an edit


def test_a_rule_that_never_began_has_a_row() -> None:
    """The rules that are worth nothing would be missing from the table of what rules are worth."""
    card = never_began(RULE, ["oct10", "reconstruction"])
    assert (card.case, card.began, card.changes) == ("oct10, reconstruction", False, False)


def test_only_rules_that_opened_a_condition_are_worth_a_replay() -> None:
    """Ten minutes would be spent on rules that cannot have changed anything."""
    assert rules_seen([told(RULE, 10), told(OTHER, 10, 20, active=False)]) == {RULE}
