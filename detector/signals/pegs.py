"""S5: collateral loses its peg on a venue. Price of a pegged asset against one dollar, and how long it has stayed away.

Sees stablecoins quoted in dollars. Blind to staked coins (their fair ratio drifts) and to an index that hides the
venue's own
price.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import msgspec

from detector.bars import Ring
from detector.verdict import CALM, CRITICAL, EMERGENCY, WARN, WATCH, Verdict, unknown
from detector.world import World, key_of
from schemas.alert import Evidence

RULE = "S5.peg/1"


PRICE_DIGITS = 9
"""Finer than any venue quotes: 1 - 0.9 must reach a line drawn at 0.1."""


class Pegs(msgspec.Struct):
    """Memory: the deviation of each of the last 60 seconds, per market."""

    recent: dict[str, Ring] = {}

    def evaluate(self, world: World) -> Iterator[Verdict]:
        """One verdict a market of a pegged asset."""
        limits = world.config.collateral
        for asset in limits.pegs:
            for market in world.of_asset(asset):
                if not market.in_dollars:
                    continue
                price = market.trading.price
                key = key_of(market.venue, market.instrument.instrument)
                ring = self.recent.setdefault(key, Ring.of(limits.watch_s))
                if not market.trading.fresh(world.now_ns, world.config.timing.price_stale_s):
                    ring.put(world.now_s, nan)  # one old print does not last
                    yield unknown(RULE, "S5", market.venue, asset)
                    continue
                away = round(abs(price - 1.0), PRICE_DIGITS)
                ring.put(world.now_s, away)
                severity = CALM
                for level, seconds, threshold in (
                    (WATCH, limits.watch_s, limits.watch),
                    (WARN, limits.warn_s, limits.warn),
                    (CRITICAL, limits.critical_s, limits.critical),
                    (EMERGENCY, limits.critical_s, limits.emergency),
                ):
                    if all(ring.ago(world.now_s, back) >= threshold for back in range(seconds)):
                        severity = level
                yield Verdict(
                    RULE,
                    "S5",
                    market.venue,
                    asset,
                    severity,
                    away >= limits.watch * limits.release,
                    direction="down" if price < 1.0 else "up",
                    confirm=1,
                    evidence=(
                        Evidence(
                            signal="peg_price",
                            value=round(price, 5),
                            baseline=1.0,
                            threshold=1.0 - limits.critical,
                            unit="USD",
                        ),
                    )
                    if severity
                    else (),
                )
