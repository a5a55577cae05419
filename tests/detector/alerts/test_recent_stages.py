"""Bands of stages: severity over time, for the market and for each asset."""

from __future__ import annotations

from detector.alerts.recent_stages import RecentStages
from detector.alerts.window import STEPS, Severities, step_of
from schemas.alert import MARKET, ActiveCondition
from tests.kit.told import at, condition, told

END = step_of(at(900))


def spans(band: Severities) -> list[tuple[int, int]]:
    """Each severity with how many steps it lasts."""
    found: list[tuple[int, int]] = []
    for severity in band.tolist():
        if found and found[-1][0] == severity:
            found[-1] = severity, found[-1][1] + 1
        else:
            found.append((severity, 1))
    return found


def test_a_band_follows_a_condition_from_onset_to_clear() -> None:
    """Readers would see a stage that is over, or none while it goes on."""
    stages = RecentStages()
    for one in (told("S2.a/1", 100), told("S2.a/1", 100, 200, severity="CRITICAL"), *condition("S2.a/1", 300, 303)[1:]):
        stages.take(one)
    assert spans(stages.window((MARKET,), END)["S2"]) == [(0, 19), (2, 20), (4, 22), (0, 119)]
    stages.take(told("S2.a/1", 890))
    assert spans(stages.window((MARKET,), END)["S2"])[-2:] == [(0, 116), (2, 3)]
    assert spans(stages.window((MARKET,), END + STEPS)["S2"]) == [(2, STEPS)]


def test_the_gravest_of_several_shows_and_the_rest_when_it_clears() -> None:
    """A void on one venue would vanish with a warning on another."""
    stages = RecentStages()
    for one in (
        told("S4.a/1", 100, venue="north", asset="BTC", severity="WARN"),
        told("S4.a/1", 200, venue="south", asset="ETH", severity="HIGH"),
        told("S4.a/1", 200, 600, venue="south", asset="ETH", active=False),
    ):
        stages.take(one)
    assert spans(stages.window((MARKET,), END)["S4"]) == [(0, 19), (2, 20), (3, 81), (2, 60)]
    assert spans(stages.window(("ETH",), END)["S4"]) == [(0, 39), (3, 81), (0, 60)]
    assert spans(stages.window(("BTC", "ETH"), END)["S4"]) == [(0, 19), (2, 20), (3, 81), (2, 60)]
    assert spans(stages.window(("SOL",), END)["S4"]) == [(0, STEPS)]


def test_what_was_told_late_is_shown_from_when_it_was_true() -> None:
    """A picture that was drawn in between would leave a hole behind."""
    stages = RecentStages()
    stages.take(told("S1.a/1", 100))
    stages.take(told("S1.b/1", 850, severity="HIGH"))
    stages.take(told("S1.c/1", 800, severity="CRITICAL"))
    assert spans(stages.window((MARKET,), END)["S1"]) == [(0, 19), (2, 140), (4, 21)]


def test_what_an_alert_says_of_conditions_that_nobody_heard_of_counts() -> None:
    """After a restart in the middle of a crash all bands would be empty."""
    stages = RecentStages()
    stages.take(told("S1.a/1", 500, severity="WATCH"))
    known = ActiveCondition(stage="S1", rule="S1.a/1", venue=MARKET, asset="*", severity="HIGH", since_ns=at(100))
    unheard = ActiveCondition(stage="S6", rule="S6.a/1", venue="north", asset="BTC", severity="HIGH", since_ns=at(-900))
    found = stages.window((MARKET,), END, (known, unheard))
    assert spans(found["S1"]) == [(0, 99), (1, 81)]
    assert spans(found["S6"]) == [(3, STEPS)]


def test_recovery_and_data_have_no_band() -> None:
    """There is no row for them."""
    stages = RecentStages()
    for rule in ("D.a/1", "R.a/1"):
        stages.take(told(rule, 100))
    assert set(stages.window((MARKET,), END)) == {"S1", "S2", "S3", "S4", "S5", "S6"}


def test_what_is_over_is_let_go() -> None:
    """Thousands of assets would leave their bands behind for good."""
    stages = RecentStages()
    for one in condition("S1.a/1", 10, 20, asset="BTC"):
        stages.take(one)
    stages.take(told("S2.a/1", 10, asset="BTC"))
    stages.forget(step_of(at(900)))
    assert spans(stages.window(("BTC",), step_of(at(800)))["S1"])[-1][0] == 0
    stages.forget(step_of(at(2_000)))
    assert spans(stages.window((MARKET,), step_of(at(2_000)))["S2"]) == [(2, STEPS)]
    assert spans(stages.window((MARKET,), step_of(at(500)))["S1"]) == [(0, STEPS)]
