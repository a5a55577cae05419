"""What each sink should tell: grouped, inhibited, silenced, once, by its route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from detector.alerts.desk import FORGET_NS, Desk
from detector.alerts.kept import Kept
from detector.alerts.match import Match, sink_scope
from detector.alerts.outcomes import Delivered
from detector.alerts.routes import QuietHours, Route
from detector.alerts.silences import Silence
from detector.alerts.steps import settle
from detector.alerts.traits import Traits
from schemas.alert import Alert
from tests.kit.alerts import NS, T0_NS, an_alert, episode

SINKS = {"phone": Traits(edits=True), "desk": Traits(edits=True), "feed": Traits(every_revision=True)}
ALL = Route(sinks=("phone",), group_wait_s=0)


def a_desk(*routes: Route, kept: Kept | None = None) -> Desk:
    """A desk with these routes; by default everything goes to the phone."""
    return Desk(routes or (ALL,), SINKS, kept=kept)


def send(desk: Desk, sink: str = "phone", now_ns: int = T0_NS) -> list[tuple[str, tuple[str, ...]]]:
    """Deliver all that is due: what was done, and the scopes and levels that were shown."""
    done: list[tuple[str, tuple[str, ...]]] = []
    while (due := desk.due(sink, now_ns)) is not None:
        thread, step = due
        shown = tuple(f"{alert.scope} {alert.level}" for alert in desk.alerts_of(thread))
        done.append((step.act, shown))
        settle(thread, step, Delivered("m"), SINKS[sink], revision=thread.revision, rings=thread.rings, now_ns=now_ns)
    return done


def take(desk: Desk, alerts: Sequence[Alert], sink: str = "phone") -> list[tuple[str, tuple[str, ...]]]:
    """What is sent when each alert is delivered before the next one comes."""
    sent = []
    for alert in alerts:
        desk.take(alert, T0_NS)
        sent += send(desk, sink)
    return sent


def test_a_story_is_one_message_that_is_edited_and_a_new_one_when_it_escalates() -> None:
    """Eleven revisions of one crash would be eleven messages."""
    told = take(a_desk(), episode("WATCH", "WARN", "WARN", "HIGH", "WARN"))
    assert [act for act, _ in told] == ["new", "edit", "new", "edit", "edit"]
    assert told[0][1] == ("market WARN",)


def test_the_same_alert_twice_or_an_older_one_changes_nothing() -> None:
    """A log that is read again would tell everything again, or the past over the present."""
    desk, (first, second) = a_desk(), episode("WARN", "HIGH", resolved=False)
    assert desk.take(second, T0_NS)
    assert not desk.take(second, T0_NS)
    assert not desk.take(first, T0_NS)
    assert send(desk) == [("new", ("market HIGH",))]


def test_a_sink_hears_an_alert_by_the_first_route_that_leads_there() -> None:
    """Two routes to one phone would call it twice."""
    loud = Route(sinks=("phone",), match=Match(asset=("BTC",)), min_level="EMERGENCY", group_wait_s=0)
    desk = a_desk(loud, Route(sinks=("phone", "desk"), group_wait_s=0))
    assert take(desk, [an_alert(scope="BTC", level="CRITICAL")]) == []
    assert send(desk, "desk") == [("new", ("BTC CRITICAL",))]


def test_assets_are_told_in_one_message_the_gravest_first() -> None:
    """Three coins in a second would be three messages."""
    desk = a_desk()
    for scope, level in (("BTC", "WARN"), ("DOT", "CRITICAL"), ("ETH", "HIGH")):
        desk.take(an_alert(scope=scope, level=level), T0_NS)
    assert send(desk) == [("new", ("DOT CRITICAL", "ETH HIGH", "BTC WARN"))]


def test_what_the_market_says_is_not_said_again_for_each_asset() -> None:
    """While the market burns the phone would name its coins."""
    desk = a_desk()
    assert take(desk, [an_alert(level="CRITICAL"), an_alert(scope="BTC", level="CRITICAL")])[1:] == []
    assert "BTC" in {story.alert.scope for story in desk.kept.stories.values()}


def test_after_the_end_another_story_of_the_group_is_a_message_of_its_own() -> None:
    """Today's crash would be an edit of last week's."""
    later = episode("WARN", since_ns=T0_NS + 3600 * NS)
    desk = a_desk()
    told = take(desk, [*episode("WARN"), *later])
    assert [act for act, _ in told] == ["new", "edit", "new", "edit"]
    assert len(desk.kept.threads) == 2


def test_a_story_that_goes_on_after_its_end_goes_on_in_its_message() -> None:
    """Its beginning would be nowhere to be read."""
    again = an_alert(revision=3, status="updated", level="WARN")
    desk = a_desk()
    assert [act for act, _ in take(desk, [*episode("WARN"), again])] == ["new", "edit", "edit"]
    assert len(desk.kept.threads) == 1


def a_silence(**match: Any) -> Silence:
    """For a minute."""
    return Silence(id="s", match=Match(**match), from_ns=T0_NS, until_ns=T0_NS + 60 * NS)


def test_what_a_silence_holds_back_is_told_when_it_ends_if_it_is_still_true() -> None:
    """Who mutes a coin for an hour would not hear of what began meanwhile, or would hear of what is over."""
    desk = a_desk()
    desk.silences = (a_silence(asset=("BTC", "ETH")),)
    assert take(desk, [*episode("HIGH", scope="BTC"), an_alert(scope="ETH", level="HIGH")]) == []
    desk.tick(T0_NS + 59 * NS)
    assert send(desk) == []
    desk.tick(T0_NS + 60 * NS)
    assert send(desk, now_ns=T0_NS + 60 * NS) == [("new", ("ETH HIGH",))]


def test_the_end_of_what_was_told_passes_a_silence() -> None:
    """A message would say for ever that it goes on."""
    desk, (first, over) = a_desk(), episode("HIGH", scope="BTC")
    take(desk, [first])
    desk.silences = (a_silence(asset=("BTC",)),)
    assert take(desk, [over]) == [("edit", ("BTC CLEAR",))]


def test_quiet_hours_hold_calls_back_and_let_edits_and_the_gravest_pass() -> None:
    """People would be woken for a WARN, or not for an EMERGENCY."""
    night = QuietHours(start="20:00", end="21:00", unless="EMERGENCY")  # T0 is 20:50
    desk = a_desk(Route(sinks=("phone",), quiet_hours=night, group_wait_s=0))
    warn, high, worst = episode("WARN", "HIGH", "EMERGENCY", resolved=False)
    assert take(desk, [warn, high]) == []
    assert take(desk, [worst]) == [("new", ("market EMERGENCY",))]
    morning_ns = T0_NS + 600 * NS
    other = a_desk(Route(sinks=("phone",), quiet_hours=night, group_wait_s=0))
    take(other, [warn, high])
    other.tick(morning_ns)
    assert send(other, now_ns=morning_ns) == [("new", ("market HIGH",))]


def test_feeds_get_every_revision_whatever_people_are_spared() -> None:
    """A bot would miss the asset that it trades because somebody went to sleep."""
    desk = a_desk(Route(sinks=("feed",), min_level="WATCH"))
    desk.silences = (a_silence(),)
    alerts = [an_alert(level="CRITICAL"), *episode("WATCH", "WARN", scope="BTC")]
    assert take(desk, alerts, "feed") == [
        ("new", ("market CRITICAL",)),
        ("new", ("BTC WATCH",)),
        ("new", ("BTC WARN",)),
        ("new", ("BTC CLEAR",)),
    ]
    desk.tick(T0_NS)
    assert desk.kept.threads == {}


def test_a_feed_that_was_away_gets_all_of_it_in_order() -> None:
    """A bot would see a story end before it began."""
    desk = a_desk(Route(sinks=("feed",), min_level="WATCH"))
    for alert in episode("WATCH", "EMERGENCY", "WARN"):
        desk.take(alert, T0_NS)
    assert [shown[0] for _, shown in send(desk, "feed")] == [
        "market WATCH",
        "market EMERGENCY",
        "market WARN",
        "market CLEAR",
    ]


def test_new_messages_go_before_edits_and_the_gravest_first() -> None:
    """While a channel is slow the emergency would wait behind the end of a WARN."""
    desk = a_desk(Route(sinks=("phone",), group_by="scope", group_wait_s=0))
    first, over = episode("WARN", scope="BTC")
    take(desk, [first])
    for alert in (over, an_alert(scope="ETH", level="WARN"), an_alert(scope="SOL", level="CRITICAL")):
        desk.take(alert, T0_NS)
    assert send(desk) == [("new", ("SOL CRITICAL",)), ("new", ("ETH WARN",)), ("edit", ("BTC CLEAR",))]


def test_what_was_over_before_it_could_be_sent_is_marked() -> None:
    """Nobody could say afterwards why no message came."""
    desk = a_desk()
    for alert in episode("HIGH"):
        desk.take(alert, T0_NS)
    (expired,) = desk.tick(T0_NS)
    assert expired.fate == "expired"
    assert send(desk) == []
    assert desk.tick(T0_NS) == []


def test_a_desk_goes_on_where_it_was_after_a_restart() -> None:
    """Everything would be told again, or what was due not at all."""
    desk = a_desk()
    first, second, third = episode("WARN", "WARN", "HIGH", resolved=False)
    take(desk, [first])
    desk.take(second, T0_NS)
    kept = msgspec.json.decode(msgspec.json.encode(desk.kept), type=Kept)
    assert kept == desk.kept
    again = a_desk(kept=kept)
    assert not again.take(second, T0_NS)
    assert send(again) == [("edit", ("market WARN",))]
    assert take(again, [third]) == [("new", ("market HIGH",))]


def test_what_is_over_for_long_is_forgotten_and_what_goes_on_is_not() -> None:
    """After a month the process would hold every alert that there ever was."""
    desk = a_desk(Route(sinks=("phone",), group_by="scope", group_wait_s=0))
    take(desk, [*episode("WARN", scope="BTC"), *episode("WARN", scope="ETH", resolved=False)])
    take(desk, [an_alert(scope="SOL", since_ns=T0_NS + FORGET_NS + 60 * NS)])
    desk.take_changes()
    desk.tick(T0_NS)
    assert sorted(story.alert.scope for story in desk.kept.stories.values()) == ["ETH", "SOL"]
    assert len(desk.kept.threads) == 2
    assert len(desk.kept.shown) == 2
    assert len(desk.changes.gone) == 1


def test_a_sink_is_not_told_that_it_takes_no_messages() -> None:
    """The first message that it takes again would say so."""
    desk = a_desk(Route(sinks=("phone", "desk"), group_wait_s=0))
    desk.take(an_alert(scope=sink_scope("phone"), stages=("D",), level="WARN"), T0_NS)
    assert send(desk) == []
    assert len(send(desk, "desk")) == 1


def test_only_what_changed_is_to_be_written_down() -> None:
    """Every alert would write down all of the others."""
    desk = a_desk()
    first, second = episode("WARN", "WARN", resolved=False)
    desk.take(first, T0_NS)
    changes = desk.take_changes()
    assert (len(changes.alerts), len(changes.stories), len(changes.threads)) == (1, 1, 1)
    assert desk.take_changes().threads == set()
    desk.take(second, T0_NS)
    assert len(desk.take_changes().threads) == 1


def test_what_is_told_is_told_to_its_end_though_its_route_asks_for_more() -> None:
    """A pager would never be resolved, and a bot would wait for ever."""
    grave = Match(level=("HIGH", "CRITICAL"))
    routes = (
        Route(sinks=("phone",), match=grave, group_wait_s=0),
        Route(sinks=("feed",), match=grave, min_level="WATCH"),
    )
    story = episode("WARN", "HIGH", "WARN")
    assert take(a_desk(*routes), story) == [
        ("new", ("market HIGH",)),
        ("edit", ("market WARN",)),
        ("edit", ("market CLEAR",)),
    ]
    assert [shown[0] for _, shown in take(a_desk(*routes), story, "feed")] == [
        "market HIGH",
        "market WARN",
        "market CLEAR",
    ]
    assert take(a_desk(*routes), episode("WARN"), "feed") == []
