"""What a thread needs next, and what an outcome means for it."""

from __future__ import annotations

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.steps import NS, Step, expires, is_waiting, next_step, settle
from detector.alerts.threads import Thread
from detector.alerts.traits import Traits
from tests.kit.alerts import T0_NS, an_alert, episode

EDITS, PLAIN = Traits(edits=True), Traits()
NOW_NS = T0_NS + 20 * NS
OLD_NS = 900 * NS


def a_thread(*levels: str, resolved: bool = False, sent: int = 0) -> Thread:
    """A thread of one story, of whose revisions the first few were sent."""
    thread = Thread(thread_id="t", sink="phone", group="market", number=1, since_ns=T0_NS)
    for number, alert in enumerate(episode(*levels, resolved=resolved), 1):  # type: ignore[arg-type]
        thread.take(alert, regroup_ns=OLD_NS, ready_ns=0)
        if number == sent:
            settle(thread, Step("new"), Delivered("m"), EDITS, revision=number, rings=thread.rings, now_ns=NOW_NS)
    return thread


def step(thread: Thread, traits: Traits, now_ns: int = NOW_NS) -> Step | None:
    """What is due."""
    return next_step(thread, traits, now_ns, expires_ns=OLD_NS)


def test_an_update_edits_and_an_escalation_is_new() -> None:
    """Each word about a crash would be a message, or the worst of it none."""
    assert step(a_thread("WARN"), EDITS) == Step("new")
    assert step(a_thread("WARN", "WARN", sent=1), EDITS) == Step("edit", silent=True)
    assert step(a_thread("WARN", "WARN", "HIGH", sent=1), EDITS) == Step("new")
    assert step(a_thread("WARN", sent=1), EDITS) is None


def test_a_channel_that_cannot_edit_hears_of_escalations_and_of_the_end() -> None:
    """It would be flooded, or would never hear that it is over."""
    assert step(a_thread("WARN", "WARN", sent=1), PLAIN) is None
    assert step(a_thread("WARN", "HIGH", sent=1), PLAIN) == Step("new")
    assert step(a_thread("WARN", "WARN", resolved=True, sent=1), PLAIN) == Step("end", silent=True)


def test_what_was_over_before_anybody_was_told_is_no_news() -> None:
    """People would be called for what is past."""
    over = a_thread("HIGH", resolved=True)
    assert expires(over)
    assert step(over, EDITS) is None
    assert not is_waiting(over, EDITS)
    assert not expires(a_thread("HIGH", resolved=True, sent=1))


def test_what_still_goes_on_is_told_late_and_says_so() -> None:
    """A message of ten minutes ago would be read as one of now; one of an hour ago would wake people."""
    thread = a_thread("HIGH")
    assert step(thread, EDITS, thread.changed_ns + 600 * NS) == Step("new", late_ns=600 * NS)
    assert step(thread, EDITS, thread.changed_ns + 3600 * NS) == Step("new", silent=True, late_ns=3600 * NS)
    assert step(thread, EDITS, thread.changed_ns + 60 * NS) == Step("new")


def test_a_new_message_waits_for_others_to_join_it() -> None:
    """A storm would begin with one coin."""
    thread = a_thread("HIGH")
    thread.ready_ns = NOW_NS + 1
    assert step(thread, EDITS) is None
    assert is_waiting(thread, EDITS)
    assert step(thread, EDITS, NOW_NS + 1) == Step("new")


@pytest.mark.parametrize(
    ("outcome", "done"),
    [
        (Delivered("m2"), True),
        (Rejected("too long"), True),
        (Rejected("no such chat", of="sink"), False),
        (RetryAt(5, "429"), False),
        (Unknown("timeout"), False),
    ],
)
def test_only_what_the_channel_has_or_never_will_is_done(outcome: Outcome, done: bool) -> None:
    """A message would be lost, or sent for ever."""
    thread = a_thread("WARN")
    assert settle(thread, Step("new"), outcome, EDITS, revision=1, rings=1, now_ns=NOW_NS) is done
    assert (step(thread, EDITS) is None) is done


def test_what_joined_while_a_message_was_under_way_is_still_due() -> None:
    """An escalation within the second of a send would be lost."""
    thread = a_thread("WARN", "HIGH", sent=0)
    settle(thread, Step("new"), Delivered("m"), EDITS, revision=1, rings=1, now_ns=NOW_NS)
    assert step(thread, EDITS) == Step("new")


def test_an_edit_keeps_the_message_that_it_is_of() -> None:
    """The next edit would have nothing to change."""
    thread = a_thread("WARN", "WARN", "WARN", sent=1)
    settle(thread, Step("edit"), Delivered(), EDITS, revision=2, rings=1, now_ns=NOW_NS)
    assert thread.remote == "m"


def test_what_goes_on_is_said_again_to_channels_that_forget() -> None:
    """Alertmanager would call a crash over after five minutes."""
    forgets = Traits(refresh_s=60, edits=True)
    thread = a_thread("WARN", sent=1)
    assert step(thread, forgets, NOW_NS + 60 * NS - 1) is None
    assert step(thread, forgets, NOW_NS + 60 * NS) == Step("refresh", silent=True)
    settle(thread, Step("refresh"), Delivered(), EDITS, revision=1, rings=1, now_ns=NOW_NS + 60 * NS)
    assert step(thread, forgets, NOW_NS + 61 * NS) is None
    assert step(a_thread("WARN", "WARN", resolved=True, sent=3), forgets, NOW_NS + 999 * NS) is None


def test_somebody_who_silenced_it_knows() -> None:
    """The page would go on ringing at the next one's."""
    pager = Traits(edits=True, acknowledges=True)
    thread = a_thread("WARN", sent=1)
    due = next_step(thread, pager, NOW_NS, expires_ns=OLD_NS, silenced=True)
    assert due == Step("acknowledge")
    settle(thread, due, Delivered(), EDITS, revision=1, rings=1, now_ns=NOW_NS)
    assert next_step(thread, pager, NOW_NS, expires_ns=OLD_NS, silenced=True) is None


def test_a_feed_sends_the_end_of_what_it_never_began() -> None:
    """A bot would wait for ever for `resolved`."""
    thread = Thread(thread_id="t", sink="feed", group="x", number=1, since_ns=T0_NS)
    thread.take(an_alert(revision=2, status="resolved", level="CLEAR"), regroup_ns=0, ready_ns=0)
    assert step(thread, Traits(every_revision=True)) == Step("new")


def test_a_channel_that_takes_messages_and_never_answers_gets_three_copies_and_no_more() -> None:
    """People would get the same message every minute of a crash."""
    thread = a_thread("WARN")
    done = [settle(thread, Step("new"), Unknown("x"), EDITS, revision=1, rings=1, now_ns=NOW_NS) for _ in range(3)]
    assert done == [False, False, True]
    assert step(thread, EDITS) is None
    knows = Traits(edits=True, idempotent=True)
    other = a_thread("WARN")
    assert not any(
        settle(other, Step("new"), Unknown("x"), knows, revision=1, rings=1, now_ns=NOW_NS) for _ in range(9)
    )
