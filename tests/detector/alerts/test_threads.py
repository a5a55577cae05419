"""What is worth a new message, and what changes the one that is there."""

from __future__ import annotations

from collections.abc import Sequence

from detector.alerts.threads import Thread
from schemas.alert import Alert
from tests.kit.alerts import NS, T0_NS, an_alert, episode

QUARTER_NS = 900 * NS


def told(alerts: Sequence[Alert], *, ready_ns: int = 0) -> tuple[Thread, list[bool]]:
    """A thread that took these alerts, and which of them rang."""
    thread = Thread(thread_id="t", sink="phone", group="assets", number=1, since_ns=T0_NS)
    return thread, [thread.take(alert, regroup_ns=QUARTER_NS, ready_ns=ready_ns) for alert in alerts]


def test_what_is_graver_than_anything_before_rings_at_once() -> None:
    """People would hear too late, or of what they know."""
    _, rang = told(episode("WARN", "WARN", "HIGH", "WARN", "CRITICAL"))
    assert rang == [True, False, True, False, True, False]


def test_a_story_that_swings_rings_no_more_than_once_in_a_quarter_of_an_hour() -> None:
    """A level that comes and goes each minute would be a message a minute; and a second wave none at all."""
    _, rang = told(episode("HIGH", "WARN", "HIGH", "WARN", "HIGH"))
    assert rang == [True, False, False, False, False, False]
    _, rang = told(episode("HIGH", "WARN", "HIGH", every_s=600))
    assert rang == [True, False, True, False]


def test_assets_that_join_within_a_quarter_of_an_hour_do_not_ring_again() -> None:
    """Each coin of a crash would be a message of its own."""
    joining = [an_alert(scope=scope, since_ns=T0_NS + s * NS) for scope, s in (("BTC", 0), ("ETH", 800), ("SOL", 1800))]
    assert told(joining)[1] == [True, False, True]


def test_a_story_that_was_over_and_goes_on_no_worse_does_not_ring() -> None:
    """A market that calms down and trembles again would call people each time."""
    first, over = episode("HIGH")
    again = an_alert(revision=3, status="updated", level="HIGH")
    worse = an_alert(revision=4, status="escalated", level="CRITICAL")
    assert told([first, over, again, worse])[1] == [True, False, False, True]


def test_a_thread_stands_at_its_gravest_story_and_ends_with_the_last() -> None:
    """A group would be called over while one of its coins still falls."""
    btc, btc_over = episode("CRITICAL", scope="BTC")
    eth, eth_over = episode("WARN", scope="ETH")
    thread, _ = told([btc, eth, btc_over])
    assert (thread.level, thread.ended) == (2, False)
    thread.take(eth_over, regroup_ns=QUARTER_NS, ready_ns=0)
    assert (thread.level, thread.ended, thread.revision) == (0, True, 4)


def test_a_message_that_waits_is_not_put_off_by_what_joins_it() -> None:
    """In a storm the first message would never be sent."""
    thread, _ = told([an_alert(scope="BTC", level="WARN")], ready_ns=100)
    thread.take(an_alert(scope="ETH", level="HIGH"), regroup_ns=QUARTER_NS, ready_ns=200)
    assert thread.ready_ns == 100
    thread.take(an_alert(scope="SOL", level="CRITICAL"), regroup_ns=QUARTER_NS, ready_ns=50)
    assert thread.ready_ns == 50
