"""How long a channel is left alone."""

from __future__ import annotations

from detector.alerts.outcomes import Delivered, Rejected, RetryAt, Unknown
from detector.runtime.notify.pause import CLOSED_S, LONGEST_S, Pause


def test_failures_in_a_row_wait_longer_each_time_and_what_is_taken_ends_it() -> None:
    """A channel that comes back would be met by all of us at once, or waited for in vain."""
    pause, waits = Pause(), []
    for _ in range(12):
        assert pause.after(Unknown("timeout"))
        waits.append(pause.for_s)
    assert 0.5 <= waits[0] <= 1
    assert LONGEST_S / 2 <= waits[-1] <= LONGEST_S
    assert not pause.after(Delivered())
    assert (pause.for_s, pause.failures, pause.reason) == (0, 0, "")


def test_what_is_asked_for_is_kept_and_asking_for_nothing_is_no_leave_to_hammer() -> None:
    """A `Retry-After` of nought, or of yesterday, would be answered at full speed."""
    pause = Pause()
    assert pause.after(RetryAt(30, "429"))
    assert pause.for_s == 30
    for _ in range(8):
        pause.after(RetryAt(0, "503"))
    assert pause.for_s >= LONGEST_S / 2


def test_a_refused_message_says_nothing_of_the_channel_and_a_refused_sink_all() -> None:
    """One bad text would close the channel, or a wrong key would be tried every minute."""
    pause = Pause()
    assert not pause.after(Rejected("too long"))
    assert pause.after(Rejected("wrong key", of="sink"))
    assert pause.for_s == CLOSED_S
