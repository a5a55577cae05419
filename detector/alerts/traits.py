"""What a channel can do, as far as it decides what is sent."""

from __future__ import annotations

import msgspec


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one kind of sink."""

    edits: bool = False
    """A message that was sent can be changed."""
    every_revision: bool = False
    """For machines: each revision of each alert as it is, in order, whatever people are spared."""
    idempotent: bool = False
    """A copy of a delivery changes nothing there: what may have arrived can be sent until it is known to have."""
    acknowledges: bool = False
    """It can be told that somebody knows."""
    refresh_s: float = 0.0
    """What goes on must be said again so often; 0: need not."""
    pictures: bool = False
    paces: tuple[tuple[int, float], ...] = ((1, 1.0),)
    """At most so many in so many seconds, edits included; every pair holds."""
    send_s: float = 15.0
    """A send that takes longer may have arrived or not."""
