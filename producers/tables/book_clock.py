"""What a reader of books remembers of one market: its times, and whether its book can be followed."""

from __future__ import annotations

from schemas.health import Gap
from schemas.instrument import Instrument

MAX_AHEAD_NS = 10 * 10**9
"""An event time further ahead of its receipt is cut back: one bad clock must not push all later times ahead."""


class BookClock:
    """One market's book. Messages without numbers keep their order only by different times, so each is a later one.

    Attributes
    ----------
    following
        Whether a whole book came, and nothing of what followed it is missing.
    whole
        Whether the last message was a whole book.
    keeps_far_levels
        Whether the exchange's whole books end where many levels are left: see `BookSnapshot`.
    """

    __slots__ = ("_heard_ns", "_now_ns", "following", "keeps_far_levels", "market", "whole")

    def __init__(self, market: Instrument, *, keeps_far_levels: bool) -> None:
        self.market = market
        self.keeps_far_levels = keeps_far_levels
        self.following = False
        self.whole = False
        self._now_ns = 0
        self._heard_ns = 0

    def at(self, ts_event_ns: int, ts_recv_ns: int) -> int:
        """The event time of the message that comes now: its own, or just after the one before."""
        self._heard_ns = ts_recv_ns
        self._now_ns = max(min(ts_event_ns, ts_recv_ns + MAX_AHEAD_NS), self._now_ns + 1)
        return self._now_ns

    def lost(self, ts_recv_ns: int, reason: str) -> Gap:
        """The book is unknown from its last message until its next whole book."""
        self.following = False
        self._now_ns += 1
        return Gap(
            venue=self.market.venue,
            instrument=self.market.instrument,
            ts_event_ns=self._now_ns,
            ts_recv_ns=ts_recv_ns,
            channel="book",
            since_ns=self._heard_ns,
            reason=reason,
        )
