"""Alerts as messages for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from detector.alerts.match import rank
from detector.alerts.message import Message
from detector.alerts.routes import Route
from detector.alerts.telling import tell
from detector.alerts.threads import Thread
from schemas.alert import ActiveCondition, Alert, Cause, Coverage, Label, Vote
from tests.kit.alerts import NS, T0_NS, an_alert, episode


def message(alerts: Sequence[Alert], *, watchlist: tuple[str, ...] = (), late_ns: int = 0) -> Message:
    """What is told of the newest revision of each of these episodes, all of which the thread took."""
    thread = Thread(thread_id="t", sink="phone", group="g", number=1, since_ns=T0_NS)
    newest: dict[str, Alert] = {}
    for alert in alerts:
        thread.take(alert, regroup_ns=0, ready_ns=0)
        newest[alert.episode_id] = alert
    shown = sorted(newest.values(), key=lambda alert: (-rank(alert.level), alert.scope))
    route = Route(sinks=("phone",), watchlist=watchlist)
    return tell(thread, shown, route, now_ns=thread.changed_ns + late_ns, late_ns=late_ns)


def label(cause: Cause, *votes: int | None) -> Label:
    """With these votes."""
    cast = [Vote(name=f"v{n}", vote=v, value=None, microstructure=None, macro=None) for n, v in enumerate(votes)]
    return Label(cause=cause, score=sum(v or 0 for v in votes), votes=tuple(cast))


def test_a_message_says_level_since_when_and_what_to_do() -> None:
    """These are what a person needs in five seconds."""
    said = message([an_alert(level="CRITICAL", posture="halt_new", ts_ns=T0_NS + 1_345 * NS)])
    assert (said.title, said.level, said.since) == (
        "🔴 CRITICAL · market falling",
        "CRITICAL",
        "since 20:50 UTC, 22 min",
    )
    assert said.do == "Open nothing new; take risk off."
    assert said.blind == "blind: Binance USD-M book (gap since 20:49:03); sees 5 of 6 kinds of evidence"
    assert said.reference == an_alert(level="CRITICAL").alert_id
    assert len(said.figures) == 3


def test_the_same_story_gives_the_same_words_whenever_it_is_sent() -> None:
    """A retry would look like news."""
    thread = Thread(thread_id="t", sink="phone", group="g", number=1, since_ns=T0_NS)
    thread.take(alert := an_alert(), regroup_ns=0, ready_ns=0)
    assert tell(thread, [alert], None, now_ns=T0_NS) == tell(thread, [alert], None, now_ns=T0_NS + 3_600 * NS)


def test_what_went_down_says_what_it_was_and_when() -> None:
    """HIGH after EMERGENCY would read like HIGH after WARN."""
    went = episode("WARN", "EMERGENCY", "HIGH", every_s=60.0, resolved=False)
    assert message(went).since == "since 20:50 UTC, 3 min · was EMERGENCY at 20:52"
    # A thread that began later does not know when it was.
    assert message(went[2:]).since.endswith("· was EMERGENCY")


def test_what_is_over_says_its_peak_and_how_long_it_lasted() -> None:
    """The end of a WATCH would look like that of an EMERGENCY."""
    said = message(episode("WARN", "EMERGENCY", every_s=600.0))
    assert (said.title, said.level, said.peak) == ("✅ OVER · market", "CLEAR", "EMERGENCY")
    assert said.since == "20:50 to 21:20 UTC, 30 min · peak EMERGENCY at 21:10"
    assert (said.stages, said.where) == ("", "")


def test_late_news_say_that_they_are_late() -> None:
    """A person would act on what was true eleven minutes ago."""
    assert message([an_alert()], late_ns=660 * NS).late == "late: true since 20:50, sent 21:01 UTC"
    assert message([an_alert()]).late == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (label("microstructure", 1, 1, 1, -1, None), "probably leverage (microstructure), 3 of 5 votes"),
        (label("macro", -1, -1, 1), "probably news (macro), 2 of 3 votes"),
        (label("macro", 1, 1, -1), "probably news (macro)"),
        (label("mixed", 1, -1), "probably news first, then leverage made more of it"),
        (label("undecided", 1), ""),
        (None, ""),
    ],
)
def test_a_cause_is_told_once_it_is_decided_with_the_votes_that_agree(given: Label | None, said: str) -> None:
    """`macro, 1 of 3 votes` contradicts itself."""
    assert message([an_alert(label=given)]).cause == said


def test_what_is_blind_is_named_the_first_two() -> None:
    """Twelve books would hide the numbers."""
    seen = Coverage(live=7, families=9, blind=("cross-venue prices: no source can be evaluated", "okx: feed late", "x"))
    assert message([an_alert(coverage=seen)]).blind == (
        "blind: cross-venue prices, OKX (feed late) and 1 more; sees 7 of 9 kinds of evidence"
    )
    assert message([an_alert(coverage=Coverage(live=0, families=0))]).blind == ""


def test_the_watchlist_is_told_what_the_market_does_to_it() -> None:
    """Whoever holds DOT wants to know about DOT."""
    rules = (("S2.liquidations/1", "S2", "okx"), ("S3.depth/1", "S3", "bybit"))
    held = tuple(
        ActiveCondition(stage=stage, rule=rule, venue=venue, asset="DOT", severity="HIGH", since_ns=T0_NS)  # type: ignore[arg-type]
        for rule, stage, venue in rules
    )
    assert message([an_alert(conditions=held)], watchlist=("BTC", "DOT", "ETH")).yours == (
        "DOT: forced flow, liquidity withdrawn (2 venues)",
        "BTC, ETH: not named by this alert",
    )
    assert message([an_alert(scope="DOT", conditions=held)], watchlist=("DOT",)).yours == ()
    assert message([an_alert()], watchlist=tuple(f"A{n}" for n in range(20))).yours[-1] == "and 12 more of yours"


def test_a_group_counts_names_the_gravest_and_sums_up_the_rest() -> None:
    """A storm of 500 coins would be unreadable, or be cut anywhere."""
    storm = [an_alert(scope=f"A{n:03}", level="HIGH" if n < 200 else "WARN") for n in range(500)]
    said = message(storm)
    assert said.title == "🟠 HIGH · 500 assets falling: A000, A001, A002 and 497 more"
    assert len(said.others) == 9
    assert said.others[0] == "A000 HIGH falling: rule"
    assert said.others[-1] == "and 492 more: 192 HIGH, 300 WARN"
    assert said.figures[0].name == "1 % depth, Binance USD-M BTC"


def test_of_a_group_those_that_are_over_come_last() -> None:
    """A coin that calmed down would be counted as falling."""
    said = message(
        [
            *episode("HIGH", scope="A", resolved=False),
            *episode("WARN", scope="B", resolved=False),
            *episode("HIGH", scope="C"),
        ]
    )
    assert said.title == "🟠 HIGH · 2 assets falling: A, B"
    assert said.others[-1] == "over: C"
    one = message([*episode("HIGH", scope="A", resolved=False), *episode("HIGH", scope="C")])
    assert (one.title, one.others) == ("🟠 HIGH · A falling", ())


def test_a_group_that_is_over_says_each_peak() -> None:
    """Nobody would know which coin it was about."""
    said = message([*episode("HIGH", scope="A"), *episode("CRITICAL", scope="B")])
    assert (said.level, said.others) == ("CLEAR", ("A over, peak HIGH", "B over, peak CRITICAL"))


def test_a_story_about_data_says_whom_we_cannot_see() -> None:
    """It would read like a fall of the venue."""
    said = message([an_alert(scope="binance-usdm", stages=("D",), level="WARN", label=None)])
    assert said.title == "🟡 WARN · cannot see Binance USD-M"
    assert (said.stages, said.where, said.blind) == ("D data in doubt", "", "sees 5 of 6 kinds of evidence")


NASTY = "<b>&*_`\u202e\ud800\x00\n" * 40


def _filled(alert: Alert) -> Alert:
    """Every text of it is nasty."""

    def nasty(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if key in KEPT else NASTY
        if isinstance(value, tuple):
            return tuple(nasty(one) for one in value)
        if isinstance(value, msgspec.Struct):
            return replace(value, **{f: nasty(getattr(value, f), f) for f in value.__struct_fields__})
        return value

    filled: Alert = nasty(alert)
    return filled


KEPT = {"stage", "severity", "status", "level", "peak_level", "direction", "posture", "cause"}


@pytest.mark.parametrize(
    "changes", [{}, {"scope": "BTC"}, {"stages": ("D",)}, {"status": "resolved", "level": "CLEAR"}]
)
def test_every_part_is_one_clean_line_whatever_an_alert_says(changes: dict[str, Any]) -> None:
    """A listed symbol would break the message of a channel that takes the parts as they are."""
    alert = replace(_filled(an_alert(**changes)), stages=an_alert(**changes).stages)
    said = message([alert], watchlist=(NASTY[:60],))
    for part in _texts(said):
        assert not set(part) & set("\n\x00\u202e\ud800")
        assert len(part) <= 400


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, msgspec.Struct):
        return _texts(tuple(getattr(value, field) for field in value.__struct_fields__))
    return [text for one in value for text in _texts(one)]


def test_an_asset_that_nobody_watches_is_not_called_calm() -> None:
    """An alert does not know what is watched: `nothing so far` would be believed."""
    assert message([an_alert()], watchlist=("NOPE",)).yours == ("NOPE: not named by this alert",)


def test_of_a_group_it_is_said_whose_level_was_the_highest_and_only_of_those_that_go_on() -> None:
    """The coin that is shown would be read as having been CRITICAL, and was not."""
    going = episode("HIGH", scope="A", resolved=False)
    over = episode("CRITICAL", scope="C")
    assert "was" not in message([*going, *over]).since
    fell = episode("CRITICAL", "WARN", scope="B", every_s=20.0, resolved=False)
    assert message([*going, *fell]).since == "since 20:50 UTC, 40 s · B was CRITICAL at 20:50"
    # When is not known: it may have been the other's.
    assert message([*over, *going, *fell]).since.endswith("· B was CRITICAL")


def test_numbers_that_are_older_than_what_else_is_told_say_of_when_they_are() -> None:
    """Ten minutes after the fall a person would act on its numbers."""
    first = an_alert(scope="A", level="CRITICAL")
    later = an_alert(scope="B", ts_ns=first.ts_ns + 660 * NS)
    assert message([first, later]).since.endswith("· numbers of 20:50")
    assert "numbers" not in message([first, an_alert(scope="B", ts_ns=first.ts_ns + 60 * NS)]).since
    assert "numbers" not in message([replace(first, evidence=()), later]).since
