"""How fast we may speak to a venue, from its declared limits: messages by the second, operations by the hour."""

from __future__ import annotations

import time

from producers.pace import Pace
from producers.venue import Venue

MESSAGE_SHARE = 0.8
"""Of a venue's message limit: some count our pongs too, and messages arrive in lumps."""

OPERATIONS_SHARE = 0.8
OPERATIONS_BURST = 0.75
"""Of the operations that a venue allows a connection in an hour, and of those how many may come at once: a long list of
subscriptions at the start, single books later.
"""


def message_pace(venue: Venue) -> Pace:
    """How often a connection may say something; or all of them together, where they share it."""
    return Pace(limit=MESSAGE_SHARE * venue.limits.messages_per_s, per_s=1.0, burst=1, now_s=time.monotonic)


def operation_pace(venue: Venue) -> Pace | None:
    """How often a connection may change its subscriptions; None where nobody counts that."""
    if venue.limits.operations_per_h is None:
        return None
    limit = OPERATIONS_SHARE * venue.limits.operations_per_h
    return Pace(limit=limit, per_s=3600.0, burst=int(OPERATIONS_BURST * limit), now_s=time.monotonic)
