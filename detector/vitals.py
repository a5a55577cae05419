"""The market's vital signs with their own calm history, so that every alert has numbers and what is normal."""

from __future__ import annotations

import msgspec

from detector.beside import beside
from detector.market import Market
from detector.overview import Overview
from detector.stats.rolling_median import RollingMedian
from schemas.alert import Evidence


class Vitals(msgspec.Struct):
    """What is usual for the market as a whole. Closed once a second, after the pooled flow."""

    branching: RollingMedian = msgspec.field(default_factory=RollingMedian)
    move: RollingMedian = msgspec.field(default_factory=RollingMedian)
    dislocation: RollingMedian = msgspec.field(default_factory=RollingMedian)

    def close_second(self, now_s: int, view: Overview, learn: bool) -> None:
        """Learn what is usual, only while `learn`."""
        if not learn:
            return
        if (branching := view.branching) is not None:
            self.branching.offer(now_s, branching)
        self.move.offer(now_s, abs(view.middle_move))
        if view.dislocations:
            self.dislocation.offer(now_s, view.dislocations[0])

    def tell(self, view: Overview) -> tuple[Evidence, ...]:
        """The signs now, each with baseline, percentile and σ; only those that are known."""
        rate, usual = view.pool.rate_ratio_60s, view.pool.usual_rate
        told = [
            beside(self.branching, signal="branching_ratio", value=view.branching, digits=3, unit="ratio"),
            beside(self.move, signal="median_move_60s_size", value=abs(view.middle_move), digits=5, unit="fraction"),
            beside(
                usual,
                signal="orders",
                value=None if rate is None or usual.value is None else rate * usual.value,
                digits=2,
                unit="1/s",
            ),
            beside(
                self.dislocation,
                signal="largest_deviation",
                value=view.dislocations[0] if view.dislocations else None,
                digits=5,
                unit="fraction",
            ),
        ]
        return tuple(evidence for evidence in told if evidence.value is not None)


def asset_vitals(markets: list[Market]) -> tuple[Evidence, ...]:
    """The same for one asset: its move, its orders, its depth and spread on the market that trades most now."""
    lively = [market for market in markets if market.trading.usual_move.value is not None]
    if not lively:
        return ()
    market = max(lively, key=lambda m: (m.trading.orders_60s.total, m.venue, m.instrument.instrument))
    trading, quotes = market.trading, market.quotes
    where = f"{market.venue} {market.asset}"
    told = [
        beside(
            trading.usual_move,
            signal="move_60s_size",
            value=None if trading.move_60s is None else abs(trading.move_60s),
            digits=5,
            unit="fraction",
        ),
        beside(trading.usual_rate, signal="orders", value=trading.orders_60s.total / 60.0, digits=2, unit="1/s"),
        beside(trading.usual_impact, signal="impact", value=trading.kyle.value, digits=3, unit="bp per 100 k$"),
        beside(
            quotes.usual_spread,
            signal="spread_share",
            value=quotes.spread,
            digits=6,
            unit="fraction",
        ),
    ]
    return tuple(msgspec.structs.replace(evidence, where=where) for evidence in told if evidence.value is not None)
