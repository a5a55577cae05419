"""What a venue does wrong on purpose: the faults that a test asks the server for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """Faults of one venue. The default is a venue that behaves."""

    # Connections
    drop_at_ns: tuple[int, ...] = ()
    """Cut every socket, without a closing handshake, when the recording reaches each of these receive times."""
    handshake_status: int = 503
    """What the first `failed_handshakes` connection attempts are answered with."""
    failed_handshakes: int = 0
    lifetime_s: float | None = None
    """Every socket is cut after so long, whatever the venue's own rule says: its 24 hours, shortened."""
    deaf_from_ns: int | None = None
    """From this receive time on every socket is half open: nothing is sent, heard or answered, and nothing closed."""
    # Subscriptions
    acks: bool = True
    """False swallows the answers to subscriptions; the data flows."""
    rejected: frozenset[str] = frozenset()
    """Topics, as the venue's dialect names them, whose subscription is answered with the venue's error."""
    # Data
    skip: Mapping[str, int] = {}
    """Topic → the number, from 1, of its frame that is not sent."""
    silent_from_ns: int | None = None
    """From this receive time on nothing is sent, though every socket stays open."""
    # REST
    failed_requests: int = 0
    """So many REST requests are answered with `request_status` first."""
    request_status: int = 429
    """429, 418, 403, 451 or another error."""
