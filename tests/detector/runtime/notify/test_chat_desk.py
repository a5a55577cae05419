"""What people ask in a chat."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detector.alerts.routes import Route
from detector.runtime.notify.chat_desk import ChatDesk
from detector.runtime.notify.clocks import EventClock
from detector.runtime.notify.notifier import Notifier
from detector.store.store import Store
from schemas.alert import Coverage
from schemas.state import MarketState
from tests.kit.alerts import NS, T0_NS, an_alert
from tests.kit.channels import RememberingSink


@pytest.fixture
def notifier() -> Iterator[Notifier]:
    clock = EventClock()
    clock.reach(T0_NS)
    sinks = {"phone": RememberingSink(), "desk": RememberingSink()}
    with Store(None) as store:
        yield Notifier(routes=[Route(sinks=("phone", "desk"))], sinks=sinks, store=store, clock=clock)


def state(ts_ns: int = T0_NS) -> MarketState:
    """The market at HIGH."""
    return MarketState(
        ts_ns=ts_ns,
        level="HIGH",
        stages=("S1", "S2"),
        direction="down",
        since_ns=T0_NS - 60 * NS,
        coverage=Coverage(live=8, families=9),
    )


def test_the_status_says_where_the_market_stands_and_what_else_goes_on(notifier: Notifier) -> None:
    """Who wakes up at night wants one line."""
    notifier.take_state(state())
    notifier.take(an_alert(scope="DOT", level="CRITICAL"))
    assert ChatDesk(notifier, "phone").status().splitlines() == [
        "HIGH market since 20:49:00 UTC: S1 S2, sees 8 of 9 kinds of evidence",
        "CRITICAL DOT since 20:50:00",
    ]


def test_a_market_that_nobody_looks_at_is_not_told_as_calm(notifier: Notifier) -> None:
    """A detector that died an hour ago would say CLEAR for ever."""
    desk = ChatDesk(notifier, "phone")
    assert desk.status().startswith("Nothing is known of the market now")
    notifier.take_state(state(T0_NS - 300 * NS))
    assert "NOBODY WATCHES: this is 300 s old" in desk.status()


def test_a_chat_mutes_itself_for_a_while_and_unmutes(notifier: Notifier) -> None:
    """One person would decide for all others, or for ever."""
    desk = ChatDesk(notifier, "phone")
    assert desk.mute(7200, ["BTC"], by="ann") == "Muted BTC here until 22:50:00 UTC. /unmute ends it."
    (silence,) = notifier.desk.silences
    assert (silence.sink, silence.match.asset, silence.by) == ("phone", ("BTC",), "ann")
    assert "muted until 22:50:00 UTC: BTC" in desk.status()
    assert "muted" not in ChatDesk(notifier, "desk").status()
    assert desk.unmute() == "Ended: 1."
    assert desk.unmute() == "Nothing is muted here."


def test_who_mutes_everything_is_told_so(notifier: Notifier) -> None:
    """A crash would be slept through by mistake."""
    assert "EVERYTHING" in ChatDesk(notifier, "phone").mute(60, [], by="ann")


def test_why_tells_all_numbers_of_an_alert(notifier: Notifier) -> None:
    """A message of ten lines leaves out what decided."""
    alert = an_alert()
    notifier.take(alert)
    notifier.save()
    told = ChatDesk(notifier, "phone").why(alert.alert_id[:6])
    assert "liquidations_usd_60s 48.2M USD" in told
    assert "S2.rule/1" in told
    assert alert.replay_id in told
    assert "No alert" in ChatDesk(notifier, "phone").why("zz")
