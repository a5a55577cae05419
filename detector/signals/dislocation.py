"""S4: the same asset has different prices in different places. The earliest and most specific mark of a void.

Each market's last trade against the median of its peers, less the hour's median of that difference (the basis). With
two
markets the pair is named and nobody is blamed; with three or more the one away from the median is. Peers that have not
traded for ten seconds or arrive late are left out. Blind with one market an asset.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from statistics import median

import msgspec

from detector.bars import Ring
from detector.market import Market
from detector.stats.rolling_median import RollingMedian
from detector.verdict import HIGH, WARN, Verdict, calm, grade, towards, unknown
from detector.world import World, key_of
from schemas.alert import MARKET, Direction, Evidence

RULE = "S4.dislocation/1"


def _exchange(key: str) -> str:
    """The exchange behind a market's key: the venues of one exchange do not outvote the others."""
    return key.partition("|")[0].partition("-")[0]


class Dislocations(msgspec.Struct):
    """Memory: each market's usual difference, and for how long it has been beyond it."""

    usual: dict[str, RollingMedian] = {}
    recent: dict[str, Ring] = {}
    """Absolute deviation of each of the last `dislocation_s` seconds."""
    lasting: dict[str, float] = {}
    """Each comparable asset's largest deviation that has lasted, as of the last evaluation."""

    def evaluate(self, world: World, learn: bool) -> Iterator[Verdict]:
        """One verdict an asset with two or more markets."""
        limits = world.config.void
        self.lasting = {}
        for asset, markets in world.assets():
            if len(markets) < 2 or asset in world.config.collateral.pegs:
                continue
            deviations = self._deviations(world, asset, markets, learn)
            if not deviations:
                yield unknown(RULE, "S4", MARKET, asset)
                continue
            key, size = max(deviations.items(), key=lambda item: (item[1][0], item[0]))
            lasting, signed = size
            self.lasting[asset] = lasting
            severity = grade(lasting, (limits.dislocation_warn, WARN), (limits.dislocation_critical, HIGH))
            holds = lasting >= limits.dislocation_watch / 2
            if not (severity or holds):
                yield calm(RULE, "S4", MARKET, asset)
                continue
            direction: Direction = "none"
            peers = {_exchange(k) for k in deviations if k != key} - {_exchange(key)}
            if len(peers) > 1:
                who, direction = f"{key.partition('|')[0]} away from {' and '.join(sorted(peers))}", towards(signed)
            else:
                venues = dict.fromkeys(k.partition("|")[0] for k in sorted(deviations))
                who = f"between {' and '.join(venues)}; nobody is to blame by this alone"
            evidence = (
                Evidence(
                    signal="deviation_from_peers",
                    value=round(signed, 5),
                    threshold=limits.dislocation_warn,
                    unit="fraction",
                    note=who,
                ),
            )
            yield Verdict(RULE, "S4", MARKET, asset, severity, holds, direction=direction, evidence=evidence)

    def _deviations(
        self, world: World, asset: str, markets: list[Market], learn: bool
    ) -> dict[str, tuple[float, float]]:
        """For each comparable market (least |deviation| of the last seconds, signed deviation now)."""
        limits, timing = world.config.void, world.config.timing
        fresh = {
            key_of(market.venue, market.instrument.instrument): market
            for market in markets
            if market.in_dollars
            and market.instrument.market != "future"
            and market.trading.fresh(world.now_ns, timing.price_stale_s)
            and (market.delay.delay_s or 0.0) <= limits.peer_delay_s
        }
        prices = {key: market.trading.price * world.dollars(market.instrument.quote) for key, market in fresh.items()}
        found: dict[str, tuple[float, float]] = {}
        for market in markets:
            key = key_of(market.venue, market.instrument.instrument)
            recent = self.recent.setdefault(key, Ring.of(limits.dislocation_s))
            if key not in fresh or len(fresh) < 2:
                recent.put(world.now_s, nan)  # what lasts, lasts without an interruption
                continue
            others = median(price for peer, price in prices.items() if peer != key)
            raw = prices[key] / others - 1.0
            usual = self.usual.setdefault(key, RollingMedian())
            deviation = raw - (usual.value or 0.0)
            # A basis that drifts is learnt, a dislocation is not; a first basis has nothing to differ from.
            if learn and (usual.value is None or abs(deviation) < limits.dislocation_warn):
                usual.offer(world.now_s, raw)
            recent.put(world.now_s, abs(deviation))
            if usual.value is not None:
                interrupted = any(cell != cell for cell in recent.cells)
                found[key] = (0.0 if interrupted else min(recent.cells), deviation)
        return found
