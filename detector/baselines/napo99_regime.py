"""How the score of napo99/TG-Bot sees the volatility of BTC, and what it makes of it (`SIGNAL_GENERATION_DOCS.md`).

In its regime EXTREME everything has to be two to two and a half times as large and then counts half: it grows deaf
while a cascade runs. What "volatility in five minutes" is, it does not say: taken is the range of prices over them.
"""

from __future__ import annotations

from collections import deque

import msgspec


class Regime(msgspec.Struct, frozen=True, kw_only=True):
    """One row of its table."""

    name: str
    below: float
    """Of the range of BTC in five minutes, as a share."""
    velocity: float
    """What the rates of liquidations are divided by, beside their norms."""
    volume: float
    sensitivity: float
    """What the score is multiplied by."""
    risk: float
    """Its multiplier of the score for volatility; published only are the range 1 to 5, and 2.83 for a case of HIGH."""


REGIMES = (
    Regime(name="DORMANT", below=0.005, velocity=0.5, volume=0.6, sensitivity=1.5, risk=1.0),
    Regime(name="LOW", below=0.01, velocity=0.7, volume=0.8, sensitivity=1.2, risk=1.0),
    Regime(name="NORMAL", below=0.02, velocity=1.0, volume=1.0, sensitivity=1.0, risk=1.0),
    Regime(name="ELEVATED", below=0.03, velocity=1.3, volume=1.2, sensitivity=0.9, risk=2.0),
    Regime(name="HIGH", below=0.05, velocity=1.8, volume=1.5, sensitivity=0.7, risk=2.83),
    Regime(name="EXTREME", below=float("inf"), velocity=2.5, volume=2.0, sensitivity=0.5, risk=5.0),
)
UNKNOWN = REGIMES[2]
"""Without a price of BTC."""
SECONDS = 300


class Volatility:
    """The prices of one market of BTC at the ends of the last 300 seconds."""

    def __init__(self) -> None:
        self._market: tuple[str, str] | None = None
        self._price = 0.0
        self._prices: deque[float] = deque(maxlen=SECONDS)

    def on_price(self, market: tuple[str, str], price: float) -> None:
        """Take a price; the first market that gives one stays the one."""
        if self._market is None:
            self._market = market
        if self._market == market:
            self._price = price

    def close_second(self) -> None:
        """Keep the price of the second that ends."""
        if self._price > 0.0:
            self._prices.append(self._price)

    def regime(self) -> Regime:
        """The regime now."""
        if not self._prices:
            return UNKNOWN
        spread = max(self._prices) / min(self._prices) - 1.0
        return next(regime for regime in REGIMES if spread < regime.below)
