"""One row for every attempt to tell somebody."""

from __future__ import annotations

from typing import Any

import pytest

from detector.alerts.kept import Changes, Kept
from detector.alerts.message import Message
from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.threads import Thread
from detector.sinks.sink import Delivery
from detector.store.log import LONGEST_REASON, MOST_FOUND, LogEntry
from detector.store.store import Store
from tests.kit.alerts import T0_NS, an_alert, episode


def an_entry(**changes: Any) -> LogEntry:
    fields: dict[str, Any] = {
        "at_ns": T0_NS,
        "sink": "chat",
        "thread_id": "t1",
        "message_id": "m1",
        "delivery_id": "d1",
        "act": "new",
        "revision": 1,
        "level": "HIGH",
        "outcome": "delivered",
    }
    return LogEntry(**fields | changes)


@pytest.mark.parametrize(
    ("outcome", "result", "reason"),
    [
        (Delivered("7"), "delivered", ""),
        (RetryAt(3.0, "429"), "retry", "429"),
        (Rejected("403", of="sink"), "rejected", "403"),
        (Unknown("timeout"), "unknown", "timeout"),
    ],
)
def test_an_attempt_is_written_as_what_it_was(outcome: Outcome, result: str, reason: str) -> None:
    """Nobody could say afterwards why a message did not come."""
    delivery = Delivery(
        delivery_id="d",
        message_id="m",
        thread_id="t",
        act="edit",
        revision=3,
        message=Message(level="CRITICAL", peak="CRITICAL", title="", what=""),
        alerts=(an_alert(level="CRITICAL"), an_alert(level="WARN")),
        ended=False,
    )
    entry = LogEntry.of(delivery, "chat", outcome, now_ns=5, late_ns=2)
    assert (entry.outcome, entry.reason) == (result, reason)
    assert (entry.at_ns, entry.sink, entry.thread_id, entry.message_id, entry.delivery_id) == (5, "chat", "t", "m", "d")
    assert (entry.act, entry.revision, entry.level, entry.late_ns) == ("edit", 3, "CRITICAL", 2)


def test_what_was_over_before_it_could_be_told_is_in_the_log() -> None:
    """An hour without a network would leave no trace of what was not told."""
    thread = Thread(thread_id="t", sink="chat", group="market", number=1, since_ns=T0_NS)
    for alert in episode("WARN", "CRITICAL"):
        thread.take(alert, regroup_ns=0, ready_ns=0)
    entry = LogEntry.of_expired(thread, T0_NS + 7)
    assert (entry.outcome, entry.level, entry.late_ns, entry.delivery_id) == ("expired", "CRITICAL", 7, "")


def test_an_attempt_comes_back_with_every_field() -> None:
    """A risk desk would read another story than what happened."""
    with Store(None) as store:
        entry = an_entry(act="edit", revision=9, level="CLEAR", outcome="retry", reason="429", late_ns=61)
        store.log(entry)
        assert store.log_of("t1") == [entry]


def test_what_a_remote_said_is_cut_and_can_be_written() -> None:
    """A megabyte of HTML, or half a character, in place of a reason would stop the log."""
    with Store(None) as store:
        store.log(an_entry(reason="\ud83d" + "x" * 10_000))
        assert store.log_of("t1")[0].reason == "?" + "x" * (LONGEST_REASON - 1)


def test_the_log_is_found_by_alert_episode_thread_and_message() -> None:
    """Somebody who has only the id at the end of a message could not ask what became of it."""
    story, other = episode("WARN", "HIGH"), an_alert(scope="BTC")
    thread = Thread(thread_id="t1", sink="chat", group="market", number=1, since_ns=T0_NS)
    thread.take(story[0], regroup_ns=0, ready_ns=0)
    with Store(None) as store:
        store.save(Changes(alerts=[*story, other], threads={"t1"}), Kept(threads={"t1": thread}))
        first, second = an_entry(), an_entry(message_id="m2", act="edit", revision=2)
        for entry in (first, second, an_entry(thread_id="t2", message_id="m3")):
            store.log(entry)
        for name in ("t1", story[0].episode_id, story[1].alert_id[:8]):
            assert store.log_of(name) == [first, second]
        assert store.log_of("m2") == [second]
        assert store.log_of(other.alert_id) == store.log_of("") == store.log_of("%") == []


def test_of_a_story_that_was_told_very_often_the_newest_attempts_are_found() -> None:
    """A sink that was away for a day would fill the terminal with its first minutes."""
    with Store(None) as store:
        entries = [an_entry(at_ns=n) for n in range(MOST_FOUND + 3)]
        for entry in entries:
            store.log(entry)
        assert store.log_of("t1") == entries[3:]
