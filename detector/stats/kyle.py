"""Kyle's λ: how far a dollar of signed flow moves the price (Kyle 1985), as an exponentially weighted regression."""

from __future__ import annotations

import msgspec

DECAY = 1.0 - 1.0 / 60.0
"""One-minute memory at one update a second."""


class KyleLambda(msgspec.Struct):
    """λ = cov(Δm, Q) / var(Q) in basis points per 100,000 USD of taker buying minus selling, no intercept.

    >>> impact = KyleLambda()
    >>> for flow_usd in (100_000.0, -50_000.0, 200_000.0):
    ...     impact.close_second(move_bp=flow_usd / 100_000 * 3.0, flow_usd=flow_usd)
    >>> round(impact.value, 6)
    3.0
    """

    cross: float = 0.0
    square: float = 0.0

    def close_second(self, move_bp: float, flow_usd: float) -> None:
        """Account for one second's price move and signed taker flow."""
        flow = flow_usd / 100_000.0
        self.cross = self.cross * DECAY + move_bp * flow
        self.square = self.square * DECAY + flow * flow

    @property
    def value(self) -> float | None:
        """λ, or None while there is no flow to measure it with."""
        return self.cross / self.square if self.square > 1e-12 else None
