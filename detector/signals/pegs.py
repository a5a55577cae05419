"""S5: collateral loses its peg on a venue. Price of a pegged asset against one dollar, and how long it has stayed away.

Sees stablecoins quoted in dollars, at what the quote coin is worth itself; staked coins are `staked`'s business. Blind
to an index that hides the venue's own price.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import msgspec

from detector.about import About
from detector.config import Collateral
from detector.quotes import ASK, BID, Quotes
from detector.stats.lasting import Lasting
from detector.verdict import CALM, CRITICAL, EMERGENCY, WARN, WATCH, Verdict, unknown
from detector.world import World, key_of
from schemas.alert import Evidence

RULE = "S5.peg/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S5",
        place="venue and asset",
        told="collateral off its peg",
        sees="a dollar stablecoin 0.5 % away for 60 s, 1 % for 30 s, 3 or 10 % for 10 s, with trades in three seconds "
        "since; worse in a thin book",
        blind="no trade for ten seconds; a quote in a stablecoin of which nobody tells what it is worth; a venue index "
        "that hides the venue's own price",
        reads=("trades",),
        source="own price, times what the quote is worth by its own markets, against one dollar",
        clears="within 0.3 % of the peg for two minutes",
        limits=(
            "collateral.watch",
            "collateral.warn",
            "collateral.critical",
            "collateral.emergency",
            "collateral.least_traded_s",
            "collateral.release",
            "collateral.thin",
        ),
    ),
)


YARDSTICKS = ("USD", "USDT")
"""What others are measured in: where nobody tells what the tether is worth it is a dollar, as the clock has it."""

PRICE_DIGITS = 9
"""Finer than any venue quotes: 1 - 0.9 must reach a line drawn at 0.1."""


class Pegs(msgspec.Struct):
    """Memory: the deviation of each of the last 60 seconds, per market."""

    recent: dict[str, Lasting] = {}

    def evaluate(self, world: World) -> Iterator[Verdict]:
        """One verdict a market of a pegged asset."""
        limits = world.config.collateral
        for asset in limits.pegs:
            if asset not in world.by_asset:
                continue
            for market in world.of_asset(asset):
                if not market.in_dollars:
                    continue
                key = key_of(market.venue, market.instrument.instrument)
                lasting = self.recent.setdefault(key, Lasting.of(limits.watch_s))
                quote, traded_ns = quote_in_dollars(world, market.instrument.quote), market.trading.last_trade_ns
                if quote is None or not market.trading.fresh(world.now_ns, world.config.timing.price_stale_s):
                    lasting.put(world.now_s, nan, traded_ns)  # one old print does not last
                    yield unknown(RULE, "S5", market.venue, asset)
                    continue
                price = market.trading.price * quote
                away = round(abs(price - 1.0), PRICE_DIGITS)
                lasting.put(world.now_s, away, traded_ns)
                holds = away >= limits.watch * limits.release
                severity = graded(lasting, world.now_s, limits, market.quotes) if holds else CALM
                yield Verdict(
                    RULE,
                    "S5",
                    market.venue,
                    asset,
                    severity,
                    holds,
                    direction="down" if price < 1.0 else "up",
                    confirm=1,
                    evidence=_evidence(price, limits, market.quotes) if severity else (),
                )


def quote_in_dollars(world: World, quote: str) -> float | None:
    """What one coin of a market's quote is worth; None where that may itself be off its peg, and nobody tells.

    A coin that falls would make another seem to rise in the market between them.
    """
    if quote in world.config.collateral.pegs and quote not in YARDSTICKS:
        return world.known_dollars(quote)
    return world.dollars(quote)


def graded(lasting: Lasting, now_s: int, limits: Collateral, quotes: Quotes) -> int:
    """How bad a deviation is that has lasted; one level worse where the venue's own book cannot bring it back."""
    severity = CALM
    for level, seconds, threshold in (
        (WATCH, limits.watch_s, limits.watch),
        (WARN, limits.warn_s, limits.warn),
        (CRITICAL, limits.critical_s, limits.critical),
        (EMERGENCY, limits.critical_s, limits.emergency),
    ):
        lasts = lasting.least(now_s, seconds) >= threshold
        if lasts and lasting.traded_for(now_s, threshold) >= limits.least_traded_s:
            severity = level
    return min(severity + 1, EMERGENCY) if severity and _thin(quotes, limits) else severity


def depth_ratio(quotes: Quotes) -> float | None:
    """The thinner side's depth over its usual; None where the book does not say."""
    ratios = [ratio for side in (BID, ASK) if (ratio := quotes.confirmed_ratio(side)) is not None]
    return min(ratios, default=None)


def _thin(quotes: Quotes, limits: Collateral) -> bool:
    ratio = depth_ratio(quotes)
    return ratio is not None and ratio < limits.thin


def _evidence(price: float, limits: Collateral, quotes: Quotes) -> tuple[Evidence, ...]:
    ratio = depth_ratio(quotes)
    told = (
        Evidence(signal="peg_price", value=round(price, 5), baseline=1.0, threshold=1.0 - limits.critical, unit="USD"),
        Evidence(
            signal="depth_ratio",
            value=None if ratio is None else round(ratio, 3),
            baseline=1.0,
            threshold=limits.thin,
            unit="ratio",
        ),
    )
    return tuple(number for number in told if number.value is not None)
