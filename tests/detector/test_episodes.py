"""Episodes: what is told when, and ids that follow from the data."""

from __future__ import annotations

import pytest

from detector.composing import MOST_NUMBERS, Story
from detector.conditions import NS, Condition
from detector.config import Config, Timing
from detector.episodes import Episodes
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


def story() -> Story:
    """What is told beside the conditions."""
    return Story(Config(), SEEN)


def on(rule: str, stage: Stage, severity: int = WARN, venue: str = MARKET, asset: str = "*") -> Condition:
    """An active condition since the first second."""
    evidence = (Evidence(signal=rule, value=1.0),)
    return Condition(
        rule, stage, venue, asset, severity=severity, direction="down", since_ns=T0 * NS, evidence=evidence
    )


SHOCK = on(branching.RULE, "S1", WATCH)
CALM_STANDING = market_of([])


def standing(level: int, *stages: Stage, direction: Direction = "down", void: bool = False) -> Standing:
    """A standing that rests on one condition a stage."""
    conditions = tuple(on(branching.RULE, stage, level) for stage in stages)
    key = "a second key" if level >= CRITICAL else ""
    return Standing(level, key, stages, direction, conditions, void=void)


GHOST = Standing(WATCH, "", ("D",), "none", (on("D.ghost/1", "D", WATCH, "north", "SOL"),), ("D.ghost/1",))
"""One faulty book."""


class Told:
    """Episodes of the market, told second by second."""

    def __init__(self) -> None:
        self.episodes = Episodes(Timing())
        self.alerts: list[Alert] = []

    def tell(self, what: Standing, first: int, last: int | None = None) -> list[Alert]:
        """The alerts of these seconds."""
        before = len(self.alerts)
        for second in range(first, (first if last is None else last) + 1):
            alert = self.episodes.observe(MARKET, what, story, (T0 + second) * NS)
            if alert is not None:
                self.alerts.append(alert)
        return self.alerts[before:]


def test_an_episode_opens_once_and_says_nothing_new_without_news() -> None:
    """Every second would send a message."""
    told = Told()
    (alert,) = told.tell(standing(WATCH, "S1"), 0, 300)
    assert (alert.status, alert.level, alert.revision, alert.stages) == ("open", "WATCH", 1, ("S1",))
    assert alert.since_ns == T0 * NS
    assert alert.coverage == SEEN
    assert alert.conditions[0].rule == branching.RULE
    assert told.tell(CALM_STANDING, 301) == []


def test_calm_opens_nothing() -> None:
    """A detector that reports that nothing happens."""
    assert Told().tell(CALM_STANDING, 0, 100) == []


def test_escalations_and_new_stages_are_told_at_once() -> None:
    """The level people act on would come late."""
    told = Told()
    told.tell(standing(WATCH, "S1"), 0)
    (warn,) = told.tell(standing(WARN, "S1", "S2"), 1, 5)
    (update,) = told.tell(standing(WARN, "S1", "S2", "S3"), 6, 9)
    (critical,) = told.tell(standing(CRITICAL, "S1", "S2", "S3"), 10)
    assert [a.status for a in (warn, update, critical)] == ["escalated", "updated", "escalated"]
    assert [a.revision for a in told.alerts] == [1, 2, 3, 4]
    assert critical.second_key == "a second key"
    assert {a.episode_id for a in told.alerts} == {critical.episode_id}


def test_a_lower_level_is_told_after_five_minutes() -> None:
    """Each wave of a cascade would be called its end."""
    told = Told()
    told.tell(standing(CRITICAL, "S1", "S2"), 0)
    assert told.tell(standing(WATCH, "S1"), 1, 250) == []
    assert told.tell(standing(CRITICAL, "S1"), 251) == []
    assert told.tell(standing(WATCH, "S1"), 252, 400) == []
    assert told.tell(standing(WARN, "S1"), 401, 551) == []
    (alert,) = told.tell(standing(WATCH, "S1"), 552, 700)
    assert (alert.status, alert.level, alert.peak_level) == ("downgraded", "WARN", "CRITICAL")


def test_an_episode_resolves_after_fifteen_quiet_minutes_and_no_sooner() -> None:
    """The lull of 21:01-21:09 on 10 October 2025 would have ended the story before the crash."""
    told = Told()
    told.tell(standing(HIGH, "S1", "S2"), 0)
    assert told.tell(CALM_STANDING, 1, 899) == []
    (alert,) = told.tell(CALM_STANDING, 900, 2_000)
    assert (alert.status, alert.level, alert.peak_level) == ("resolved", "CLEAR", "HIGH")
    assert alert.stages == ("S1", "S2")
    assert alert.headline.startswith("RESOLVED market")


def test_what_begins_within_half_an_hour_belongs_to_the_same_episode() -> None:
    """One cascade would be counted twice."""
    told = Told()
    told.tell(standing(HIGH, "S1"), 0)
    told.tell(CALM_STANDING, 1, 1_800)
    (again,) = told.tell(standing(WATCH, "S1"), 1_800)
    assert (again.episode_id, again.revision, again.level) == (told.alerts[0].episode_id, 3, "WATCH")
    assert again.peak_level == "HIGH"


def test_what_begins_later_is_another_episode() -> None:
    """Two events of one day would be told as one."""
    told = Told()
    told.tell(standing(HIGH, "S1"), 0)
    told.tell(CALM_STANDING, 1, 3_000)
    (again,) = told.tell(standing(WATCH, "S1"), 3_001)
    assert (again.status, again.revision) == ("open", 1)


def test_ids_follow_from_the_data() -> None:
    """A restart or a second worker would send every alert again under another id."""

    def told(direction: Direction = "down", since: int = 0, stages: tuple[Stage, ...] = ("S1",)) -> Alert:
        what = standing(WATCH, *stages, direction=direction)
        for condition in what.conditions:
            condition.since_ns = (T0 + since) * NS
        return Told().tell(what, since)[0]

    assert told() == told()
    assert told().episode_id == told(since=59).episode_id
    others = [told(since=60), told(direction="up")]
    assert len({alert.episode_id for alert in [told(), *others]}) == 3
    assert told(stages=("S1", "S2")).alert_id != told().alert_id
    both = Told()
    both.tell(standing(WATCH, "S1"), 0)
    both.tell(standing(WARN, "S1"), 1)
    assert len({alert.alert_id for alert in both.alerts}) == 2


def test_scopes_are_told_apart() -> None:
    """The market's episode would swallow an asset's."""
    episodes = Episodes(Timing())
    ids = {
        alert.episode_id
        for scope in (MARKET, "SOL")
        if (alert := episodes.observe(scope, standing(HIGH, "S1"), story, T0 * NS)) is not None
    }
    assert len(ids) == 2


def test_baselines_freeze_from_high_until_a_quarter_of_an_hour_later() -> None:
    """A long crash would become its own normal."""
    told = Told()
    told.tell(standing(WARN, "S1"), 0)
    assert not told.episodes.frozen(MARKET, T0 * NS)
    told.tell(standing(HIGH, "S1"), 1, 10)
    told.tell(standing(WATCH, "S1"), 11, 20)
    assert told.episodes.frozen(MARKET, (T0 + 20) * NS)
    assert told.episodes.frozen(MARKET, (T0 + 10 + 899) * NS)
    assert not told.episodes.frozen(MARKET, (T0 + 10 + 900) * NS)


def test_each_rule_speaks_once_before_any_speaks_twice() -> None:
    """A phone shows four lines: forty thin books would hide why the alert is CRITICAL."""
    thin = [on(depth.DEPTH, "S3", WARN, "north", f"A{n:02}") for n in range(40)]
    alert = Told().tell(market_of([*thin, SHOCK, on(breadth.FLOW, "S2", CRITICAL)]), 0)[0]
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
    (alert,) = Told().tell(market_of(conditions), 0)
    assert alert.headline == headline


def test_holes_in_trade_ids_are_never_called_prints() -> None:
    """An inference would be quoted as a fact."""
    (alert,) = Told().tell(market_of([SHOCK, on(offbook.RULE, "S6", HIGH, "north")]), 0)
    assert "inferred (north)" in alert.headline
    assert "auto-deleveraging" not in alert.headline


def test_levels_never_fall_without_being_told() -> None:
    """A reader of the last message would believe in an emergency that is over, or miss one."""
    story_of = Told()
    told = CALM
    for first, level in enumerate((WATCH, CRITICAL, EMERGENCY, WATCH, EMERGENCY)):
        for alert in story_of.tell(standing(level, "S1"), first * 10, first * 10 + 9):
            told = max(told, level)
            assert alert.level == ("CLEAR", "WATCH", "WARN", "HIGH", "CRITICAL", "EMERGENCY")[told]
    assert [a.level for a in story_of.alerts] == ["WATCH", "CRITICAL", "EMERGENCY"]


def test_a_story_that_begins_within_the_one_before_has_an_id_of_its_own() -> None:
    """Its first alert would repeat an old id, and whoever drops known ids would never read it."""
    told, shock = Told(), market_of([SHOCK])
    (first,) = told.tell(shock, 1)
    (quiet,) = told.tell(CALM_STANDING, 2, 1_000)
    (again,) = told.tell(shock, 10_000)
    assert (first.status, quiet.status, again.status) == ("open", "resolved", "open")
    assert again.episode_id != first.episode_id


def test_where_rules_are_news_each_is_told_once() -> None:
    """A venue that is silent and then says why would be told once; the market would be told of every rule."""
    episodes = Told()
    ghost = Standing(WATCH, "", ("D",), "none", (), ("D.ghost/1",))
    both = Standing(WATCH, "", ("D",), "none", (), ("D.crossed/1", "D.ghost/1"))
    for number, what in enumerate((ghost, both, ghost, both)):
        episodes.tell(what, 10 * number, 10 * number + 9)
    told = [(alert.status, alert.ts_ns // NS - T0) for alert in episodes.alerts]
    assert told == [("open", 0), ("updated", 10)]


def test_a_stricter_posture_is_news_and_a_milder_one_is_none() -> None:
    """A bot that closes by market orders would hear of the void after it sold; or every wave would send a message."""
    told = Told()
    told.tell(standing(CRITICAL, "S1", "S4"), 0)
    (void,) = told.tell(standing(CRITICAL, "S1", "S4", void=True), 1, 100)
    assert (void.status, void.posture) == ("updated", "no_market_orders")
    assert told.tell(standing(CRITICAL, "S1", "S4"), 101, 200) == []
    assert told.tell(standing(CRITICAL, "S1", "S4", void=True), 201, 300) == []
    assert told.tell(CALM_STANDING, 301, 1_500)[-1].posture == "resume"


def test_an_alert_names_the_key_of_the_level_that_it_tells() -> None:
    """CRITICAL would stand there for no reason while its key is gone and nothing lower is told yet."""
    told = Told()
    told.tell(standing(CRITICAL, "S1", "S2"), 0)
    (update,) = told.tell(standing(WARN, "S1", "S3"), 1, 100)
    assert (update.status, update.level, update.second_key) == ("updated", "CRITICAL", "a second key")
    (down,) = told.tell(standing(WARN, "S1"), 101, 450)
    assert (down.level, down.second_key) == ("WARN", "")


def test_a_lower_level_that_has_a_key_names_it_even_where_it_is_gone_again() -> None:
    """An emergency would become CRITICAL for the reason of the emergency, or for none."""
    told = Told()
    told.tell(standing(EMERGENCY, "S1")._replace(second_key="liquidity void on north"), 0)
    told.tell(standing(CRITICAL, "S1"), 1, 100)
    (down,) = told.tell(standing(WARN, "S1"), 101, 400)
    assert (down.status, down.level, down.second_key) == ("downgraded", "CRITICAL", "a second key")


@pytest.mark.parametrize("stage", ["D", "R"])
def test_what_raises_no_level_opens_no_story(stage: Stage) -> None:
    """A frozen book, or one thin since yesterday, would move the beginning and the id of the market's story."""
    aside = on("D.ghost/1", stage, WATCH, "north", "SOL")
    aside.since_ns = (T0 + 300) * NS
    (plain,) = Told().tell(market_of([SHOCK]), 300)
    (beside,) = Told().tell(market_of([SHOCK, aside]), 300)
    assert (beside.since_ns, beside.episode_id) == (plain.since_ns, plain.episode_id) == (T0 * NS, plain.episode_id)


def test_a_story_about_data_begins_with_them() -> None:
    """It would begin when it was told, and another minute would be another story."""
    (alert,) = Told().tell(GHOST, 130)
    assert alert.since_ns == T0 * NS


def of_data(*seen: tuple[Standing, int]) -> list[Alert]:
    """Alerts of a venue whose data stand so for so many seconds."""
    told, at_s = Told(), 0
    told.episodes = Episodes(Timing(resolve_s=60))
    for what, seconds in seen:
        told.tell(what, at_s, at_s + seconds - 1)
        at_s += seconds
    return told.alerts


def test_data_that_fail_again_and_again_are_told_once_and_called_well_ever_later() -> None:
    """One coin's ghost order every four minutes sent fourteen messages an hour."""
    alerts = of_data(*[(GHOST, 61), (CALM_STANDING, 179)] * 30)
    assert [alert.status for alert in alerts] == ["open", "resolved", "updated", "resolved", "updated"]
    over = [alert.headline for alert in alerts if alert.status == "resolved"]
    assert [text.partition("below WATCH for ")[2][:5] for text in over] == ["1 min", "2 min"]
    (last,) = of_data(*[(GHOST, 61), (CALM_STANDING, 1_700)] * 20, (CALM_STANDING, 3_600))[-1:]
    assert last.status == "resolved"


def test_data_that_fail_worse_than_before_are_told_anew() -> None:
    """A venue that goes dark after a ghost order would be an edit that nobody reads."""
    blind = GHOST._replace(level=WARN)
    alerts = of_data((GHOST, 61), (CALM_STANDING, 100), (blind, 10))
    assert [alert.status for alert in alerts] == ["open", "resolved", "escalated"]


def test_no_bot_is_told_to_trade_or_not_by_our_data() -> None:
    """A venue whose feed is back would be told as `resume` in the middle of a crash."""
    alerts = of_data((GHOST._replace(level=WARN), 61), (CALM_STANDING, 100))
    assert [(alert.status, alert.posture) for alert in alerts] == [("open", "normal"), ("resolved", "normal")]


@pytest.mark.parametrize(("level", "status"), [(WARN, "updated"), (HIGH, "escalated"), (CRITICAL, "escalated")])
def test_a_market_that_was_called_over_is_told_anew_from_high(level: int, status: str) -> None:
    """Its second wave would be an edit of what everybody read as the end; or each ripple after it a new message."""
    told = Told()
    told.tell(standing(HIGH, "S1"), 0)
    told.tell(CALM_STANDING, 1, 1_000)
    (again,) = told.tell(standing(level, "S1"), 1_001)
    assert again.status == status
