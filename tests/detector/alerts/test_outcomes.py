"""What became of a send."""

from __future__ import annotations

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown


def test_a_refusal_is_of_the_message_unless_it_is_said_to_be_of_all() -> None:
    """One bad text would close a channel for an hour."""
    assert Rejected("too long").of == "message"


@pytest.mark.parametrize("outcome", [Delivered(), RetryAt(1.0, "429"), Rejected("no"), Unknown("timeout")])
def test_outcomes_cannot_be_changed_once_they_are_known(outcome: Outcome) -> None:
    """What was written down would be another thing than what was decided by."""
    with pytest.raises(AttributeError):
        setattr(outcome, outcome.__struct_fields__[0], "other")
