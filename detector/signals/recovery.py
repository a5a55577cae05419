"""R: the shock is over and the market is not what it was: depth below its baseline from before, or a basis that stays.

Ordinary baselines learn the new regime within the hour and would call it usual. So what was usual before is put aside
when they freeze, and each market is held against that once the asset's own shock is over: until it is as before for a
minute, or for a week. It does not know the time of day: a book that is thin every night is thin after a shock as well.
Raises no level; it says what is left when an episode ends. Blind where nothing was known before the shock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from detector.about import About
from detector.before import Before, usual_again, usual_now
from detector.market import Market
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from detector.stats.rolling_median import RollingMedian
from detector.verdict import CALM, WATCH, Verdict, calm, towards, unknown
from detector.world import NS, World, key_of
from schemas.alert import Evidence

DEPTH = "R.depth/1"
BASIS = "R.basis/1"

ABOUT = (
    About(
        rule=DEPTH,
        stage="R",
        place="venue and asset",
        told="depth below its old baseline",
        sees="after a shock, depth within 1 % below 0.6 of what was usual before it, for ten seconds",
        blind="no warm book before the shock, none now; the time of day",
        reads=("book",),
        source="the last hour's median from before baselines froze, kept for a week",
        clears="both sides above 0.8 of it for a minute",
        limits=("recovery.depth_on", "recovery.depth_off", "recovery.after_s", "recovery.remembered_s"),
    ),
    About(
        rule=BASIS,
        stage="R",
        place="venue and asset",
        told="price off its old basis to other markets",
        sees="after a shock, a market 0.5 % off its usual difference to its peers from before it, for five seconds",
        blind="one market only; peers that are late or have not traded for ten seconds; too short a past",
        reads=("trades", "receive times"),
        source="(price - median of peers) / median of peers, less its last hour's median from before baselines froze",
        clears="within 0.25 % of it for a minute",
        limits=(
            "recovery.basis",
            "recovery.basis_off",
            "recovery.basis_s",
            "recovery.after_s",
            "recovery.remembered_s",
        ),
    ),
)


class Recoveries(msgspec.Struct):
    """Memory: for each market, what was usual before a shock that it has not recovered from. Bounded by the markets."""

    before: dict[str, Before] = {}

    def evaluate(
        self,
        world: World,
        bases: Mapping[str, RollingMedian],
        apart: Mapping[str, float],
        *,
        shocked_ns: int,
        frozen_since_ns: int,
        learn: bool,
    ) -> Iterator[Verdict]:
        """At most two verdicts a remembered market.

        `apart` is each comparable market's price over the median of its peers, less one, and `bases` what is usual for
        it; `shocked_ns` the last second of the asset's own shock, `frozen_since_ns` when baselines froze, and `learn`
        whether they learn again: a memory goes when they have become what they were.
        """
        limits = world.config.recovery
        if not learn:
            self._remember(world, bases, frozen_since_ns)
        over = world.now_ns - shocked_ns >= limits.after_s * NS
        for key in sorted(self.before):
            before, market, whole = self.before[key], world.markets[key], over and learn
            if before.depth_usd != (None, None):
                yield before.depth_trail.after(_depth(world, market, before), over, limits.after_s)
                whole = whole and before.depth_trail.whole_s > limits.after_s
            if before.basis is not None:
                verdict = _basis(world, market, before, before.basis, apart.get(key))
                yield before.basis_trail.after(verdict, over, limits.after_s)
                whole = whole and before.basis_trail.whole_s > limits.after_s
            forgotten = world.now_ns - before.since_ns >= limits.remembered_s * NS
            if forgotten or (whole and usual_again(before, usual_now(market, bases.get(key), world.now_ns), limits)):
                del self.before[key]

    def _remember(self, world: World, bases: Mapping[str, RollingMedian], since_ns: int) -> None:
        """Put aside what is usual; an older memory stays, being of calmer times."""
        for market in world.markets.values():
            key = key_of(market.venue, market.instrument.instrument)
            if key not in self.before:
                before = usual_now(market, bases.get(key), since_ns)
                if before.depth_usd != (None, None) or before.basis is not None:
                    self.before[key] = before


def _depth(world: World, market: Market, before: Before) -> Verdict:
    limits, quotes = world.config.recovery, market.quotes
    found = []
    for side in (BID, ASK):
        old, now = before.depth_usd[side], quotes.depth_usd[cell(side, ONE_PERCENT)]
        if old and now == now:
            found.append((now / old, side))
    if not found:
        return unknown(DEPTH, "R", market.venue, market.asset)
    ratio, side = min(found)
    if ratio >= limits.depth_off:
        return calm(DEPTH, "R", market.venue, market.asset)
    if ratio >= limits.depth_on:
        return Verdict(DEPTH, "R", market.venue, market.asset, CALM, True)
    old, now = before.depth_usd[side] or 0.0, quotes.depth_usd[cell(side, ONE_PERCENT)]
    evidence = (
        Evidence(
            signal=f"{'bid' if side == BID else 'ask'}_depth_1pct",
            value=round(now, 0),
            baseline=round(old, 0),
            threshold=round(limits.depth_on * old, 0),
            unit="USD",
            since_ns=before.since_ns,
            note="baseline from before the shock",
        ),
        Evidence(
            signal="spread",
            value=None if quotes.spread is None else round(quotes.spread * 1e4, 2),
            baseline=None if before.spread is None else round(before.spread * 1e4, 2),
            unit="bp",
            since_ns=before.since_ns,
            note="baseline from before the shock",
        ),
    )
    return Verdict(
        DEPTH,
        "R",
        market.venue,
        market.asset,
        WATCH,
        True,
        direction="down" if side == BID else "up",
        confirm=world.config.withdrawal.depth_confirm_s,
        evidence=evidence,
    )


def _basis(world: World, market: Market, before: Before, basis: float, apart: float | None) -> Verdict:
    limits = world.config.recovery
    if apart is None:
        return unknown(BASIS, "R", market.venue, market.asset)
    off = apart - basis
    if abs(off) < limits.basis_off:
        return calm(BASIS, "R", market.venue, market.asset)
    if abs(off) < limits.basis:
        return Verdict(BASIS, "R", market.venue, market.asset, CALM, True)
    evidence = (
        Evidence(
            signal="basis_to_peers",
            value=round(apart, 5),
            baseline=round(basis, 5),
            threshold=round(basis + (limits.basis if off > 0 else -limits.basis), 5),
            unit="fraction",
            since_ns=before.since_ns,
            note="baseline from before the shock",
        ),
    )
    return Verdict(
        BASIS,
        "R",
        market.venue,
        market.asset,
        WATCH,
        True,
        direction=towards(off),
        confirm=limits.basis_s,
        evidence=evidence,
    )
