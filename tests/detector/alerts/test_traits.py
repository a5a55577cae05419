"""What a channel can do."""

from __future__ import annotations

from detector.alerts.traits import Traits


def test_a_channel_that_says_nothing_of_itself_is_spared() -> None:
    """A new sink would be edited where it cannot be, or asked too often."""
    assert Traits() == Traits(
        edits=False,
        every_revision=False,
        idempotent=False,
        acknowledges=False,
        refresh_s=0,
        pictures=False,
        paces=((1, 1.0),),
        send_s=15,
    )
