"""S5: a staked coin is sold below what it is a claim on, such as wBETH against ETH.

Its fair ratio grows slowly with the rewards, so it is held against its own hour. Blind where the venue's staked coin
has not traded for ten seconds, or nobody tells what the coin below it costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import msgspec

from detector.about import About
from detector.beside import beside
from detector.market import Market
from detector.signals.pegs import graded, quote_in_dollars
from detector.stats.lasting import Lasting
from detector.stats.rolling_median import RollingMedian
from detector.verdict import CALM, Verdict, unknown
from detector.world import World, key_of

RULE = "S5.staked/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S5",
        place="venue and asset",
        told="staked collateral below its claim",
        sees="the price of a staked coin in its own underlying coin, 0.5 % off its hour for 60 s, 1 % for 30 s, "
        "3 or 10 % for 10 s, with trades in three seconds since",
        blind="no trade for ten seconds; no spot market of the underlying coin in dollars; a quote in a stablecoin of "
        "which nobody tells what it is worth; its first ten minutes",
        reads=("trades",),
        source="price over the underlying coin's, less the median of an hour",
        clears="within 0.3 % of its hour for two minutes",
        limits=(
            "collateral.staked",
            "collateral.watch",
            "collateral.critical",
            "collateral.least_traded_s",
            "collateral.release",
        ),
    ),
)


class Staked(msgspec.Struct):
    """Memory: the usual ratio of each market, and how far away it has been."""

    usual: dict[str, RollingMedian] = {}
    recent: dict[str, Lasting] = {}

    def evaluate(self, world: World, learn: bool) -> Iterator[Verdict]:
        """One verdict a market of a staked coin."""
        for asset, underlying in world.config.collateral.staked:
            if asset not in world.by_asset:
                continue
            for market in world.of_asset(asset):
                yield self._market(world, market, underlying, learn)

    def _market(self, world: World, market: Market, underlying: str, learn: bool) -> Verdict:
        limits, key = world.config.collateral, key_of(market.venue, market.instrument.instrument)
        lasting = self.recent.setdefault(key, Lasting.of(limits.watch_s))
        usual = self.usual.setdefault(key, RollingMedian())
        ratio = _ratio(world, market, underlying)
        if ratio is not None and learn:
            usual.offer(world.now_s, ratio)
        if ratio is None or usual.value is None:
            lasting.put(world.now_s, nan, market.trading.last_trade_ns)
            return unknown(RULE, "S5", market.venue, market.asset)
        signed = ratio / usual.value - 1.0
        lasting.put(world.now_s, abs(signed), market.trading.last_trade_ns)
        holds = abs(signed) >= limits.watch * limits.release
        severity = graded(lasting, world.now_s, limits, market.quotes) if holds else CALM
        evidence = (
            beside(
                usual,
                signal="staked_ratio",
                value=ratio,
                digits=5,
                unit=underlying,
                threshold=round(usual.value * (1.0 - limits.critical), 5),
            ),
        )
        return Verdict(
            RULE,
            "S5",
            market.venue,
            market.asset,
            severity,
            holds,
            direction="down" if signed < 0 else "up",
            confirm=1,
            evidence=evidence if severity else (),
        )


def _ratio(world: World, market: Market, underlying: str) -> float | None:
    """What one staked coin costs in the coin that it is a claim on; None where either price is not fresh."""
    if not market.trading.fresh(world.now_ns, world.config.timing.price_stale_s):
        return None
    if market.instrument.quote == underlying:
        return market.trading.price
    worth = world.known_dollars(underlying)
    if worth is None or not market.in_dollars:
        return None
    quote = quote_in_dollars(world, market.instrument.quote)
    return None if quote is None else market.trading.price * quote / worth
