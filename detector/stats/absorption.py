"""Absorption ratio (Kritzman, Li, Page and Rigobon 2011): how much of all movement is one movement."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, log, nan

import msgspec
import numpy as np

EVERY_S = 5
RETURNS = 120
"""Ten minutes of five-second returns."""

MOST_ASSETS = 50
"""An eigenvalue of 50 × 50 numbers costs a third of a millisecond, of 100 × 100 twelve."""

LEAST_ASSETS = 6
"""Of fewer assets the first eigenvalue is large by arithmetic: of three unrelated ones it is a third of all."""

LEAST_KNOWN = 0.9
"""An asset takes part when it had a price in so much of the ten minutes: what was not seen counts as no move."""


class Absorption(msgspec.Struct):
    """λ₁ / Σλ of the correlation matrix of log returns, refreshed every five seconds.

    Assets that did not move at all have no correlation and take no part. Cost: one symmetric eigenvalue problem of at
    most 50 assets each five seconds.

    >>> crowd = Absorption()
    >>> for step in range(150):
    ...     crowd.offer(5 * step, {name: 2.0 + step % 3 for name in "ABCDEF"})
    >>> round(crowd.value, 6)
    1.0
    """

    prices: dict[str, float] = {}
    returns: dict[str, list[float]] = {}
    next_s: int = 0
    value: float | None = None
    """None with fewer than six assets that were seen for ten minutes."""
    assets: int = 0
    """How many took part."""

    def due(self, now_s: int) -> bool:
        """Whether five seconds have passed."""
        return now_s >= self.next_s

    def offer(self, now_s: int, prices: Mapping[str, float]) -> None:
        """Take the prices of at most 50 assets; one without a price now is left out, and one whose price comes from
        another market than before is NaN once.
        """
        self.next_s = now_s + EVERY_S
        for gone in self.returns.keys() - prices.keys():
            self._put(gone, nan)
        for asset, price in prices.items():
            before = self.prices.get(asset, nan)
            self._put(asset, log(price / before) if price > 0 and before > 0 else nan)
        self.prices = dict(prices)
        self.value = self._ratio()

    def _put(self, asset: str, value: float) -> None:
        series = self.returns.setdefault(asset, [])
        series.append(value)
        if len(series) > RETURNS:
            del series[0]
        if value != value and not any(map(isfinite, series)):
            del self.returns[asset]  # not seen for ten minutes

    def _ratio(self) -> float | None:
        rows = [
            [known if isfinite(known) else 0.0 for known in series]
            for _, series in sorted(self.returns.items())
            if len(series) == RETURNS and sum(map(isfinite, series)) >= LEAST_KNOWN * RETURNS
        ]
        moving = [row for row in rows if any(row)]
        self.assets = len(moving)
        if self.assets < LEAST_ASSETS:
            return None
        eigenvalues = np.linalg.eigvalsh(np.corrcoef(np.array(moving)))
        return float(eigenvalues[-1] / self.assets)
