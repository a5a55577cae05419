"""A sink that takes no messages is news for the others."""

from __future__ import annotations

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt
from detector.runtime.notify.sink_trouble import SinkTroubles

GONE = Rejected("the webhook is gone", of="sink")


def test_it_is_told_once_and_its_end_once() -> None:
    """Each refusal would be a message, or nobody would ever know."""
    troubles = SinkTroubles()
    outcomes: tuple[Outcome, ...] = (GONE, GONE, Delivered(), GONE)
    told = [troubles.take("phone", outcome, now_ns) for now_ns, outcome in enumerate(outcomes)]
    first, again, over, anew = told
    assert first is not None
    assert again is None
    assert over is not None
    assert anew is not None
    assert (first.scope, first.status, first.level) == ("sink phone", "open", "WARN")
    assert "the webhook is gone" in first.headline
    assert (over.episode_id, over.status) == (first.episode_id, "resolved")
    assert anew.episode_id != first.episode_id


def test_a_refused_message_or_a_pause_is_no_trouble_of_the_sink() -> None:
    """One text that is too long would be told as a dead channel."""
    troubles = SinkTroubles()
    assert troubles.take("phone", Rejected("too long"), 0) is None
    assert troubles.take("phone", RetryAt(5, "429"), 0) is None


def test_after_a_restart_it_is_known_what_was_told() -> None:
    """It would never be called over."""
    first = SinkTroubles().take("phone", GONE, 0)
    assert first is not None
    again = SinkTroubles([first])
    assert again.take("phone", GONE, 1) is None
    over = again.take("phone", Delivered(), 2)
    assert over is not None
    assert over.episode_id == first.episode_id
