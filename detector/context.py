"""How fragile the market is: open interest, funding, forced flow over depth. It stands beside an alert and raises none.

Two coin-sized funding rates cannot be told from a normal week by an hour, so these numbers have a memory of a week.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median

import msgspec

from detector.beside import beside
from detector.stats.rolling_median import RollingMedian
from schemas.alert import Evidence
from schemas.reading import MarketReading

EVERY_S = 1_800
WEEK = 336
"""Samples of half an hour in a week."""
DAY = 48

BAND = "modelled; right within a factor of ten"


def _week() -> RollingMedian:
    return RollingMedian(size=WEEK, every_s=EVERY_S, warm=DAY)


class Context(msgspec.Struct):
    """What a week was like, for the market as a whole."""

    open_interest: RollingMedian = msgspec.field(default_factory=_week)
    funding: RollingMedian = msgspec.field(default_factory=_week)
    fragility: RollingMedian = msgspec.field(default_factory=_week)

    def close_second(self, now_s: int, markets: Callable[[], Iterable[MarketReading]]) -> None:
        """Look at the market every half hour; `markets` are asked only then."""
        if now_s < self.open_interest.next_s:
            return
        held, funding, fragile = _read(markets())
        # A series that nobody publishes now keeps its turn with the others.
        nothing = float("nan")
        self.open_interest.offer(now_s, nothing if held is None else held)
        self.open_interest.next_s = now_s + EVERY_S
        self.funding.offer(now_s, nothing if funding is None else funding)
        self.fragility.offer(now_s, nothing if fragile is None else fragile)

    def tell(self, markets: Iterable[MarketReading], branching: float | None) -> tuple[Evidence, ...]:
        """The numbers that are known now, beside their week."""
        known = list(markets)
        held, funding, fragile = _read(known)
        pressed = [market.forced_over_depth for market in known if market.forced_over_depth is not None]
        told = (
            beside(self.open_interest, signal="open_interest", value=held, digits=0, unit="USD"),
            beside(self.funding, signal="funding_rate", value=funding, digits=6, unit="fraction"),
            beside(self.fragility, signal="fragility_2pct", value=fragile, digits=2, unit="ratio", note=BAND),
            Evidence(
                signal="forced_over_depth",
                value=round(max(pressed), 2) if pressed else None,
                baseline=0.0,
                unit="ratio",
                note="largest of all markets",
            ),
            Evidence(signal="branching_ratio", value=None if branching is None else round(branching, 3), unit="ratio"),
        )
        return tuple(evidence for evidence in told if evidence.value is not None)


def _read(markets: Iterable[MarketReading]) -> tuple[float | None, float | None, float | None]:
    """Sum of open interest, median funding, median fragility."""
    held: list[float] = []
    funding: list[float] = []
    fragile: list[float] = []
    for market in markets:
        for into, value in (
            (held, market.open_interest_usd),
            (funding, market.funding_rate),
            (fragile, market.fragility),
        ):
            if value is not None:
                into.append(value)
    return (
        sum(held) if held else None,
        median(funding) if funding else None,
        median(fragile) if fragile else None,
    )
