"""How each venue trades over all of its markets: its newest trade, and the pauses in which it traded nowhere."""

from __future__ import annotations

from bisect import bisect_left

import msgspec

from schemas.clock import VenuePulse

PAUSE_NS = 500_000_000
"""Silence of all markets of a venue that may hide a reconnect. Busy venues print many times in half a second."""


class VenueTrades(msgspec.Struct):
    """The trades of one venue. They are looked at in the order of their times, once nothing can precede them."""

    last_ns: int = 0
    recent: list[int] = []
    """Times of trades since `last_ns`, as they came."""


class Pulses(msgspec.Struct):
    """All venues that have traded."""

    venues: dict[str, VenueTrades] = {}

    def on_trade(self, venue: str, now_ns: int) -> None:
        """Account for a trade on any market."""
        trades = self.venues.get(venue)
        if trades is None:
            trades = self.venues[venue] = VenueTrades()
        if not trades.recent or trades.recent[-1] != now_ns:
            trades.recent.append(now_ns)

    def read(self, until_ns: int) -> tuple[VenuePulse, ...]:
        """What a tick says: trades before `until_ns`, of which all are known."""
        return tuple(
            pulse
            for venue, trades in sorted(self.venues.items())
            if (pulse := _settled(venue, trades, until_ns)) is not None
        )


def _settled(venue: str, trades: VenueTrades, until_ns: int) -> VenuePulse | None:
    recent = trades.recent
    recent.sort()
    known = bisect_left(recent, until_ns)
    longest_ns, ends = 0, []
    for ns in recent[:known]:
        pause_ns = ns - trades.last_ns if trades.last_ns else 0
        if pause_ns > longest_ns:
            longest_ns = pause_ns
        if pause_ns >= PAUSE_NS:
            ends.append(ns)
        trades.last_ns = max(trades.last_ns, ns)
    del recent[:known]
    if not trades.last_ns:
        return None
    return VenuePulse(venue=venue, last_trade_ns=trades.last_ns, longest_pause_ns=longest_ns, pause_ends_ns=tuple(ends))
