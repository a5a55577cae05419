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
    handshake_retry_after: str | None = None
    """Their `Retry-After` header."""
    failed_handshakes: int = 0
    lifetime_s: float | None = None
    """Every socket is cut after so long, whatever the venue's own rule says: its 24 hours, shortened."""
    deaf_from_ns: int | None = None
    """Every socket that is open at this receive time is half open from then on: nothing is sent, heard or answered, and
    nothing closed. Those that are opened later are whole.
    """
    # Subscriptions
    acks: bool = True
    """False swallows the answers to subscriptions; the data flows."""
    rejected: frozenset[str] = frozenset()
    """Topics, as the venue's dialect names them, whose subscription is answered with the venue's error."""
    # Data
    skip: Mapping[str, int] = {}
    """Topic → the number, from 1, of its frame that is not sent."""
    silent_from_ns: int | None = None
    """From this receive time on nothing new is told, though sockets stay open, and pings and subscriptions answered."""
    silent_until_ns: int | None = None
    """To this one; None is for ever."""
    # REST
    failed_requests: int = 0
    """So many REST requests are answered with `request_status` first."""
    request_status: int = 429
    """429, 418, 403, 451 or another error."""
    request_retry_after: str | None = "0"
    """The `Retry-After` header of 429 and 418."""

    def silent_at(self, recv_ns: int) -> bool:
        """Whether no data is sent at this receive time."""
        since_ns, until_ns = self.silent_from_ns, self.silent_until_ns
        return since_ns is not None and since_ns <= recv_ns and (until_ns is None or recv_ns < until_ns)
