"""Liquidations as a share of what was traded: who had to sell, against who wanted to.

The share of five minutes, on markets whose liquidations are known to be shown. What feeds report is a lower bound:
enough to vote for leverage; a vote for news counts what they may hide.
"""

from __future__ import annotations

from math import inf, nan

import msgspec

from detector.bars import Ring
from detector.overview import NS, Overview
from detector.stats.peak import Peak
from detector.votes.ballot import peak, small_or_large, unseen
from detector.votes.move import Move
from schemas.alert import Vote
from schemas.reading import MarketReading

NAME = "forced_share"
MINUTES = 5


def _ring() -> Ring:
    return Ring.of(60 * (MINUTES - 1) + 1)


class ForcedShare(msgspec.Struct):
    """Minutes that ended with each of the last seconds: five of them, a minute apart, are five minutes."""

    forced_usd: Ring = msgspec.field(default_factory=_ring)
    at_most_usd: Ring = msgspec.field(default_factory=_ring)
    traded_usd: Ring = msgspec.field(default_factory=_ring)
    seen: Peak = msgspec.field(default_factory=peak)
    at_most: Peak = msgspec.field(default_factory=peak)

    def close_second(self, view: Overview, move: Move) -> None:
        """Look at one second."""
        now_s = view.now_ns // NS
        forced = at_most = traded = 0.0
        for _, market in view.markets:
            if market.liquidations_seen and market.traded_usd_60s is not None:
                forced += market.liquidated_longs_usd + market.liquidated_shorts_usd
                at_most += liquidated_at_most(market)
                traded += market.traded_usd_60s
        for ring, value in ((self.forced_usd, forced), (self.at_most_usd, at_most), (self.traded_usd, traded)):
            ring.put(now_s, value if traded > 0 else nan)
        base = _five_minutes(self.traded_usd, now_s)
        self.seen.put(now_s, _five_minutes(self.forced_usd, now_s) / base if base else None)
        self.at_most.put(now_s, _five_minutes(self.at_most_usd, now_s) / base if base else None)

    def vote(self, view: Overview, move: Move) -> Vote:
        """What it says now."""
        limits = view.config.labelling
        if self.seen.recent is None:
            return unseen(NAME, limits.forced_micro, limits.forced_macro, "no market that trades shows liquidations")
        hidden = self.at_most.recent
        return small_or_large(
            NAME,
            self.seen,
            move,
            microstructure=limits.forced_micro,
            macro=limits.forced_macro,
            moved=limits.moved,
            at_most=hidden,
            note="reported: a lower bound" if hidden is not None and hidden > self.seen.recent else "",
        )


def liquidated_at_most(market: MarketReading) -> float:
    """Dollars of a market's last minute with what its feed may hide; infinite where nobody can say."""
    reported = market.liquidated_longs_usd + market.liquidated_shorts_usd
    if not market.liquidated_method:
        return reported  # a feed that shows a part shows something when there is something
    for guess in (market.liquidated_estimate_usd, market.liquidated_upper_usd):
        if guess is not None:
            return max(guess, reported)
    return inf


def _five_minutes(ring: Ring, now_s: int) -> float:
    minutes = (ring.ago(now_s, 60 * minute) for minute in range(MINUTES))
    return sum(usd for usd in minutes if usd == usd)
