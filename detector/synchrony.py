"""Comparing prices of markets that did not trade in the same second.

In a fast move the last price of a market that trades rarely lies away from the others' without being any different. A
distance is believed where it is there both between the last prices and at the second in which the one that has waited
longer traded last.
"""

from __future__ import annotations

from detector.trading import Trading

NS = 1_000_000_000


def price_beside(own: Trading, own_age_s: int, peer: Trading, peer_age_s: int, now_s: int) -> float:
    """The price of `peer` that is fair to put beside the last one of `own`: of its last price, and the one that stands
    to `own`'s as it did when the two were last known together, the nearer. Ages as `age_s` tells them.
    """
    if own_age_s == peer_age_s:
        return peer.price
    if own_age_s > peer_age_s:
        then = peer.prices.ago(now_s, own_age_s)
    else:
        then = peer.price * own.price / own.prices.ago(now_s, peer_age_s)
    return then if abs(then - own.price) < abs(peer.price - own.price) else peer.price


def age_s(trading: Trading, now_s: int) -> int:
    """Whole seconds since the market traded last."""
    return max(0, (now_s * NS - trading.last_trade_ns) // NS)
