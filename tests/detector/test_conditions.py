"""Trackers: confirmation, hold, change of severity, clear, and blindness."""

from __future__ import annotations

from detector.conditions import NS, Conditions
from detector.config import Timing
from detector.verdict import CALM, CRITICAL, HIGH, WARN, WATCH, Verdict, calm, unknown
from schemas.alert import Evidence, Stage, Transition

RULE = "S3.depth/1"
T0 = 1_760_000_000


def seen(severity: int, *, holds: bool = True, confirm: int = 2, asset: str = "BTC", stage: Stage = "S3") -> Verdict:
    """A verdict of the rule about one place."""
    evidence = (Evidence(signal="depth_ratio", value=float(severity)),)
    return Verdict(RULE, stage, "north", asset, severity, holds, direction="down", confirm=confirm, evidence=evidence)


def played(conditions: Conditions, *seconds: list[Verdict], start: int = 0) -> list[Transition]:
    """What follows from one list of verdicts a second."""
    return [
        transition
        for second, verdicts in enumerate(seconds, start)
        for transition in conditions.observe(verdicts, (T0 + second) * NS)
    ]


def opened() -> Conditions:
    """Conditions of which one began at second 0 and was confirmed at 1."""
    conditions = Conditions(Timing())
    assert len(played(conditions, [seen(HIGH)], [seen(HIGH)])) == 1
    return conditions


def test_a_condition_opens_when_it_is_confirmed_and_dates_from_its_first_sign() -> None:
    """One noisy second would alert; or the onset would be late by the confirmation."""
    (onset,) = played(Conditions(Timing()), [seen(WARN, confirm=3)], [seen(WARN, confirm=3)], [seen(HIGH, confirm=3)])
    assert (onset.active, onset.severity, onset.direction) == (True, "HIGH", "down")
    assert (onset.since_ns, onset.ts_ns) == (T0 * NS, (T0 + 2) * NS)
    assert onset.evidence[0].value == HIGH


def test_a_fact_needs_no_confirmation() -> None:
    """A deleveraging print would wait for a second one."""
    (onset,) = played(Conditions(Timing()), [seen(CRITICAL, confirm=1)])
    assert onset.since_ns == onset.ts_ns == T0 * NS


def test_an_interrupted_streak_starts_again_and_leaves_nothing_behind() -> None:
    """Rare single seconds would add up to an alert, and memory would grow with every one of them."""
    conditions = Conditions(Timing())
    assert played(conditions, [seen(WARN)], [calm(RULE, "S3", "north", "BTC")], [seen(WARN)], []) == []
    assert conditions.tracked == {}


def test_a_blind_second_interrupts_a_streak() -> None:
    """A book that comes and goes would confirm a withdrawal that nobody saw twice."""
    conditions = Conditions(Timing())
    assert played(conditions, [seen(WARN)], [unknown(RULE, "S3", "north", "BTC")], [seen(WARN)]) == []


def test_a_condition_holds_for_a_minute_after_its_last_sign() -> None:
    """A cascade breathes: each wave would open and clear anew."""
    conditions = opened()
    assert played(conditions, *[[]] * 59, start=2) == []
    (clear,) = played(conditions, [], start=61)
    assert (clear.active, clear.severity, clear.since_ns) == (False, "CLEAR", T0 * NS)
    assert conditions.tracked == {}
    assert conditions.active() == []


def test_collateral_holds_for_two_minutes() -> None:
    """Pegs bounce around their threshold."""
    conditions = Conditions(Timing())
    played(conditions, [seen(HIGH, confirm=1, stage="S5")])
    assert played(conditions, *[[]] * 119, start=1) == []
    assert len(played(conditions, [], start=120)) == 1


def test_above_the_off_threshold_it_does_not_clear() -> None:
    """A value between the two thresholds would flap."""
    conditions = opened()
    assert played(conditions, *[[seen(CALM, holds=True)]] * 200, start=2) == []
    assert conditions.active()[0].severity == HIGH


def test_blindness_does_not_clear() -> None:
    """A venue that goes dark in the void would read as an all-clear."""
    conditions = opened()
    blind = [unknown(RULE, "S3", "north", "BTC")]
    assert played(conditions, *[blind] * 300, start=2) == []
    assert played(conditions, *[[]] * 59, start=302) == []
    assert played(conditions, [], start=361)[0].active is False


def test_seconds_of_blindness_do_not_count_as_calm() -> None:
    """A book that is unknown every other second would clear in half the time."""
    conditions = opened()
    blind = [unknown(RULE, "S3", "north", "BTC")]
    assert played(conditions, *[blind, []] * 59, start=2) == []
    assert len(played(conditions, blind, [], start=120)) == 1


def test_a_condition_that_nobody_can_see_ends_after_a_quarter_of_an_hour() -> None:
    """A book that never comes back would hold an alert for ever."""
    conditions = opened()
    blind = [unknown(RULE, "S3", "north", "BTC")]
    assert played(conditions, *[blind] * 899, start=2) == []
    (clear,) = played(conditions, blind, start=901)
    assert clear.active is False
    assert played(conditions, *[blind] * 5, start=902) == []
    assert conditions.tracked == {}


def test_a_higher_severity_is_told_at_once_and_a_lower_one_after_the_hold() -> None:
    """An escalation would come late, or every dip between two waves would be told."""
    conditions = opened()
    (up,) = played(conditions, [seen(CRITICAL)], start=2)
    assert (up.active, up.severity, up.since_ns) == (True, "CRITICAL", T0 * NS)
    assert played(conditions, *[[seen(WATCH)]] * 59, start=3) == []
    (down,) = played(conditions, [seen(WATCH)], start=62)
    assert (down.active, down.severity) == (True, "WATCH")


def numbered(value: float, severity: int = HIGH) -> Verdict:
    """A verdict with this number."""
    return seen(severity)._replace(evidence=(Evidence(signal="depth_ratio", value=value),))


def test_numbers_of_a_condition_that_holds_on_are_those_of_now() -> None:
    """An alert of the tenth minute would tell the numbers of the first second as if they stood."""
    conditions = opened()
    told: list[float | None] = []
    for second in range(2, 70):
        assert played(conditions, [numbered(second)], start=second) == []
        told.append(conditions.active()[0].evidence[0].value)
    assert list(dict.fromkeys(told)) == [HIGH, 31.0, 61.0]


def test_numbers_below_the_severity_that_is_told_do_not_replace_those_that_reached_it() -> None:
    """A critical condition would be told with the numbers of a lull."""
    conditions = opened()
    assert played(conditions, *[[numbered(0.5, WATCH)]] * 50, start=2) == []
    assert conditions.active()[0].evidence[0].value == HIGH


def test_places_are_independent_and_told_in_a_fixed_order() -> None:
    """The order of outputs would depend on who was heard first."""
    conditions = Conditions(Timing())
    verdicts = [seen(HIGH, confirm=1, asset=asset) for asset in ("SOL", "BTC", "ETH")]
    assert [t.asset for t in played(conditions, verdicts)] == ["BTC", "ETH", "SOL"]
    assert [c.asset for c in conditions.active()] == ["BTC", "ETH", "SOL"]
    cleared = played(conditions, *[[seen(HIGH, asset="ETH")]] * 61, start=1)
    assert [(t.asset, t.active) for t in cleared] == [("BTC", False), ("SOL", False)]


def test_of_two_markets_at_one_place_the_one_that_sees_more_speaks() -> None:
    """BTC-USDT and BTC-USDC of one venue would undo each other every second."""
    blind = unknown(RULE, "S3", "north", "BTC")
    for verdicts in ([blind, seen(HIGH, confirm=1)], [seen(HIGH, confirm=1), seen(CALM, holds=False), blind]):
        (onset,) = played(Conditions(Timing()), verdicts)
        assert onset.severity == "HIGH"


def test_the_evaluable_share_counts_places_and_seconds() -> None:
    """Nobody could tell "no alert" from "could not see"."""
    conditions = Conditions(Timing())
    played(conditions, [seen(WARN), unknown(RULE, "S3", "north", "ETH")], [calm(RULE, "S3", "north", "BTC")])
    assert conditions.evaluable_share() == {RULE: 2 / 3}


def test_from_a_venue_that_is_not_heard_no_calm_is_believed() -> None:
    """A cut connection in the middle of a crash would clear it in a minute."""
    conditions = opened()
    quiet = calm(RULE, "S3", "north", "BTC")
    for second in range(2, 800):
        assert conditions.observe([quiet] if second % 2 else [], (T0 + second) * NS, {"north"}) == []
    cleared = [conditions.observe([quiet], (T0 + second) * NS, {"south"}) for second in range(800, 860)]
    assert [len(found) for found in cleared] == [0] * 59 + [1]


def test_what_is_seen_of_a_venue_that_is_not_heard_is_believed() -> None:
    """The silence itself would never be told."""
    conditions = Conditions(Timing())
    (onset,) = conditions.observe([seen(HIGH, confirm=1)], T0 * NS, {"north"})
    assert onset.severity == "HIGH"


def test_a_condition_of_a_venue_that_is_never_heard_again_is_forgotten() -> None:
    """A venue that was switched off in a crash would keep the market in it for ever."""
    conditions = opened()
    found = [conditions.observe([], (T0 + second) * NS, {"north"}) for second in range(2, 905)]
    assert [second for second, changes in enumerate(found, 2) if changes] == [901]
