"""V/D: what was forced in five minutes over the depth that was usual before.

The divisor is the hour's median of the depth within 1 % on the side that forced orders hit, never the collapsed one:
dividing by that would explode.
"""

from __future__ import annotations

from typing import NamedTuple

from detector.market import Market
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from schemas.alert import Direction

BIDS, ASKS = cell(BID, ONE_PERCENT), cell(ASK, ONE_PERCENT)


class Pressure(NamedTuple):
    """Forced flow against a book."""

    ratio: float
    forced_usd: float
    """Reported in five minutes, both sides: a lower bound where the feed is sampled."""
    depth_usd: float
    direction: Direction


def pressure(market: Market, now_ns: int) -> Pressure | None:
    """A market's V/D; None where no liquidation was ever seen, or no warm book."""
    forced = market.forced
    if not forced.seen:
        return None
    usual = market.quotes.usual_depth
    bid, ask = usual[BIDS].value, usual[ASKS].value
    if not bid or not ask:
        return None
    forced_usd = forced.five_minutes_usd(now_ns)
    if not forced_usd:
        return Pressure(0.0, 0.0, bid, "down")
    direction: Direction = "down" if forced.direction(now_ns) == "down" else "up"
    depth_usd = bid if direction == "down" else ask
    return Pressure(forced_usd / depth_usd, forced_usd, depth_usd, direction)
