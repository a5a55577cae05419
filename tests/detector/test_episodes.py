"""Episodes: what is told when, and ids that follow from the data."""

from __future__ import annotations

import pytest

from detector.conditions import NS, Condition
from detector.config import Timing
from detector.episodes import MOST_NUMBERS, Episodes
from detector.rollup import Standing
from detector.signals import (
    branching,
    breadth,
    deleveraging,
    depth,
    dislocation_breadth,
    feed,
    liquidations,
    offbook,
    void,
)
from detector.verdict import CALM, CRITICAL, EMERGENCY, HIGH, WARN, WATCH
from schemas.alert import MARKET, Alert, Coverage, Direction, Evidence, Stage
from tests.kit.standing import market_of

T0 = 1_760_000_040
SEEN = Coverage(live=7, families=9, blind=("north BTC-USDT-PERP book: gap",))


def on(rule: str, stage: Stage, severity: int = WARN, venue: str = MARKET, asset: str = "*") -> Condition:
    """An active condition since the first second."""
    evidence = (Evidence(signal=rule, value=1.0),)
    return Condition(
        rule, stage, venue, asset, severity=severity, direction="down", since_ns=T0 * NS, evidence=evidence
    )


SHOCK = on(branching.RULE, "S1", WATCH)
CALM_STANDING = market_of([])


def standing(level: int, *stages: Stage, direction: Direction = "down") -> Standing:
    """A standing that rests on one condition a stage."""
    conditions = tuple(on(branching.RULE, stage, level) for stage in stages)
    return Standing(level, "a second key" if level >= CRITICAL else "", stages, direction, conditions)


class Story:
    """Episodes of the market, told second by second."""

    def __init__(self) -> None:
        self.episodes = Episodes(Timing())
        self.alerts: list[Alert] = []

    def tell(self, what: Standing, first: int, last: int | None = None) -> list[Alert]:
        """The alerts of these seconds."""
        before = len(self.alerts)
        for second in range(first, (first if last is None else last) + 1):
            alert = self.episodes.observe(MARKET, what, SEEN, (T0 + second) * NS)
            if alert is not None:
                self.alerts.append(alert)
        return self.alerts[before:]


def test_an_episode_opens_once_and_says_nothing_new_without_news() -> None:
    """Every second would send a message."""
    story = Story()
    (alert,) = story.tell(standing(WATCH, "S1"), 0, 300)
    assert (alert.status, alert.level, alert.revision, alert.stages) == ("open", "WATCH", 1, ("S1",))
    assert alert.since_ns == T0 * NS
    assert alert.coverage == SEEN
    assert alert.conditions[0].rule == branching.RULE
    assert story.tell(CALM_STANDING, 301) == []


def test_calm_opens_nothing() -> None:
    """A detector that reports that nothing happens."""
    assert Story().tell(CALM_STANDING, 0, 100) == []


def test_escalations_and_new_stages_are_told_at_once() -> None:
    """The level people act on would come late."""
    story = Story()
    story.tell(standing(WATCH, "S1"), 0)
    (warn,) = story.tell(standing(WARN, "S1", "S2"), 1, 5)
    (update,) = story.tell(standing(WARN, "S1", "S2", "S3"), 6, 9)
    (critical,) = story.tell(standing(CRITICAL, "S1", "S2", "S3"), 10)
    assert [a.status for a in (warn, update, critical)] == ["escalated", "updated", "escalated"]
    assert [a.revision for a in story.alerts] == [1, 2, 3, 4]
    assert critical.second_key == "a second key"
    assert {a.episode_id for a in story.alerts} == {critical.episode_id}


def test_a_lower_level_is_told_after_five_minutes() -> None:
    """Each wave of a cascade would be called its end."""
    story = Story()
    story.tell(standing(CRITICAL, "S1", "S2"), 0)
    assert story.tell(standing(WATCH, "S1"), 1, 250) == []
    assert story.tell(standing(CRITICAL, "S1"), 251) == []
    assert story.tell(standing(WATCH, "S1"), 252, 400) == []
    assert story.tell(standing(WARN, "S1"), 401, 551) == []
    (alert,) = story.tell(standing(WATCH, "S1"), 552, 700)
    assert (alert.status, alert.level, alert.peak_level) == ("downgraded", "WARN", "CRITICAL")


def test_an_episode_resolves_after_fifteen_quiet_minutes_and_no_sooner() -> None:
    """The lull of 21:01-21:09 on 10 October 2025 would have ended the story before the crash."""
    story = Story()
    story.tell(standing(HIGH, "S1", "S2"), 0)
    assert story.tell(CALM_STANDING, 1, 899) == []
    (alert,) = story.tell(CALM_STANDING, 900, 2_000)
    assert (alert.status, alert.level, alert.peak_level) == ("resolved", "CLEAR", "HIGH")
    assert alert.stages == ("S1", "S2")
    assert alert.headline.startswith("RESOLVED market")


def test_what_begins_within_half_an_hour_belongs_to_the_same_episode() -> None:
    """One cascade would be counted twice."""
    story = Story()
    story.tell(standing(HIGH, "S1"), 0)
    story.tell(CALM_STANDING, 1, 1_800)
    (again,) = story.tell(standing(WATCH, "S1"), 1_800)
    assert (again.episode_id, again.revision, again.level) == (story.alerts[0].episode_id, 3, "WATCH")
    assert again.peak_level == "HIGH"


def test_what_begins_later_is_another_episode() -> None:
    """Two events of one day would be told as one."""
    story = Story()
    story.tell(standing(HIGH, "S1"), 0)
    story.tell(CALM_STANDING, 1, 3_000)
    (again,) = story.tell(standing(WATCH, "S1"), 3_001)
    assert (again.status, again.revision) == ("open", 1)


def test_ids_follow_from_the_data() -> None:
    """A restart or a second worker would send every alert again under another id."""

    def told(direction: Direction = "down", since: int = 0, stages: tuple[Stage, ...] = ("S1",)) -> Alert:
        what = standing(WATCH, *stages, direction=direction)
        for condition in what.conditions:
            condition.since_ns = (T0 + since) * NS
        return Story().tell(what, since)[0]

    assert told() == told()
    assert told().episode_id == told(since=59).episode_id
    others = [told(since=60), told(direction="up")]
    assert len({alert.episode_id for alert in [told(), *others]}) == 3
    assert told(stages=("S1", "S2")).alert_id != told().alert_id
    story = Story()
    story.tell(standing(WATCH, "S1"), 0)
    story.tell(standing(WARN, "S1"), 1)
    assert len({alert.alert_id for alert in story.alerts}) == 2


def test_scopes_are_told_apart() -> None:
    """The market's episode would swallow an asset's."""
    episodes = Episodes(Timing())
    ids = {
        alert.episode_id
        for scope in (MARKET, "SOL")
        if (alert := episodes.observe(scope, standing(HIGH, "S1"), SEEN, T0 * NS)) is not None
    }
    assert len(ids) == 2


def test_baselines_freeze_from_high_until_a_quarter_of_an_hour_later() -> None:
    """A long crash would become its own normal."""
    story = Story()
    story.tell(standing(WARN, "S1"), 0)
    assert not story.episodes.frozen(MARKET, T0 * NS)
    story.tell(standing(HIGH, "S1"), 1, 10)
    story.tell(standing(WATCH, "S1"), 11, 20)
    assert story.episodes.frozen(MARKET, (T0 + 20) * NS)
    assert story.episodes.frozen(MARKET, (T0 + 10 + 899) * NS)
    assert not story.episodes.frozen(MARKET, (T0 + 10 + 900) * NS)


def test_each_rule_speaks_once_before_any_speaks_twice() -> None:
    """A phone shows four lines: forty thin books would hide why the alert is CRITICAL."""
    thin = [on(depth.DEPTH, "S3", WARN, "north", f"A{n:02}") for n in range(40)]
    alert = Story().tell(market_of([*thin, SHOCK, on(breadth.FLOW, "S2", CRITICAL)]), 0)[0]
    assert [e.signal for e in alert.evidence[:3]] == [breadth.FLOW, depth.DEPTH, branching.RULE]
    assert [e.where for e in alert.evidence[:4]] == ["", "north A00", "", "north A01"]
    assert len(alert.evidence) == MOST_NUMBERS
    assert len(alert.conditions) == 42


@pytest.mark.parametrize(
    ("conditions", "headline"),
    [
        ([SHOCK], "WATCH market falling: shock"),
        ([SHOCK, on(feed.DELAY, "S3", WARN, "north")], "WARN market falling: shock, feed late (north)"),
        (
            [SHOCK, on(depth.DEPTH, "S3", HIGH, "north", "BTC")],
            "HIGH market falling: shock, liquidity withdrawn (north)",
        ),
        (
            [SHOCK, on(breadth.FLOW, "S2"), on(dislocation_breadth.RULE, "S4", HIGH)],
            "CRITICAL market falling: shock, one-sided flow, prices apart between venues",
        ),
        (
            [SHOCK, on(liquidations.RULE, "S2", WARN, "north", "BTC"), on(void.IMPACT, "S4", WARN, "south", "BTC")],
            "WATCH market falling: shock, forced flow, impact per dollar up (south)",
        ),
        (
            [on(deleveraging.RULE, "S6", EMERGENCY, venue, asset) for venue in "ba" for asset in ("BTC", "ETH", "SOL")],
            "EMERGENCY market falling: auto-deleveraging (a, b)",
        ),
    ],
)
def test_the_headline_claims_no_more_than_was_seen(conditions: list[Condition], headline: str) -> None:
    """A late feed would be called a withdrawal, one-sided flow a liquidation."""
    (alert,) = Story().tell(market_of(conditions), 0)
    assert alert.headline == headline


def test_holes_in_trade_ids_are_never_called_prints() -> None:
    """An inference would be quoted as a fact."""
    (alert,) = Story().tell(market_of([SHOCK, on(offbook.RULE, "S6", HIGH, "north")]), 0)
    assert "inferred (north)" in alert.headline
    assert "auto-deleveraging" not in alert.headline


def test_levels_never_fall_without_being_told() -> None:
    """A reader of the last message would believe in an emergency that is over, or miss one."""
    story = Story()
    told = CALM
    for first, level in enumerate((WATCH, CRITICAL, EMERGENCY, WATCH, EMERGENCY)):
        for alert in story.tell(standing(level, "S1"), first * 10, first * 10 + 9):
            told = max(told, level)
            assert alert.level == ("CLEAR", "WATCH", "WARN", "HIGH", "CRITICAL", "EMERGENCY")[told]
    assert [a.level for a in story.alerts] == ["WATCH", "CRITICAL", "EMERGENCY"]


def test_a_story_that_begins_within_the_one_before_has_an_id_of_its_own() -> None:
    """Its first alert would repeat an old id, and whoever drops known ids would never read it."""
    story, shock = Story(), market_of([SHOCK])
    (first,) = story.tell(shock, 1)
    (quiet,) = story.tell(CALM_STANDING, 2, 1_000)
    (again,) = story.tell(shock, 10_000)
    assert (first.status, quiet.status, again.status) == ("open", "resolved", "open")
    assert again.episode_id != first.episode_id
