"""What a calibration says of markets: usual values to begin with, and floors of their own."""

from __future__ import annotations

import msgspec

from schemas.codec import base_asset

QUANTILES = 21
"""From the least to the largest in steps of 5 %: one more than a baseline needs to be warm."""


class Usual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure of a market in the calm."""

    samples: int
    quantiles: tuple[float, ...]
    """Rising and evenly spaced; the middle one is the median."""

    @property
    def median(self) -> float:
        """The usual value.

        >>> Usual(samples=60, quantiles=(1.0, 2.0, 9.0)).median
        2.0
        """
        return self.quantiles[len(self.quantiles) // 2]

    @property
    def mean(self) -> float:
        """About the mean of the samples.

        >>> Usual(samples=60, quantiles=(1.0, 2.0, 9.0)).mean
        4.0
        """
        return sum(self.quantiles) / len(self.quantiles)


class Floor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A least value of a market's own, beside the one of all markets: the larger of the two counts."""

    samples: int
    value: float


class Calibrated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One market. What was seen too seldom is None, and warms up as without a calibration."""

    venue: str
    instrument: str
    quiet_hours: float = 0.0
    """In which the market was seen and quiet."""
    move_60s: Usual | None = None
    """Size of the 60-s move, a fraction."""
    orders_per_s: Usual | None = None
    impact: Usual | None = None
    """Kyle's λ, basis points per 100 k$."""
    spread: Usual | None = None
    """A fraction of mid."""
    bid_half_percent_usd: Usual | None = None
    bid_one_percent_usd: Usual | None = None
    bid_two_percent_usd: Usual | None = None
    ask_half_percent_usd: Usual | None = None
    ask_one_percent_usd: Usual | None = None
    ask_two_percent_usd: Usual | None = None
    """Resting within so much of mid. A withdrawal is believed of 1 % with one neighbour."""
    book_changes_per_s: Usual | None = None
    """Changed levels, …"""
    book_messages_per_s: Usual | None = None
    """… and the messages that told them."""
    delay_s: Usual | None = None
    basis: Usual | None = None
    """Price over the median of the asset's other markets, less one: the only figure that may be below 0."""
    least_sigma: Floor | None = None
    """Of the 60-s move, a fraction: two price steps."""
    least_spread: Floor | None = None
    """A fraction of mid: the P99 of the calm."""
    least_liquidated_usd_min: Floor | None = None
    """The P99.9 minute of the calm, in dollars."""


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the detector is told of markets before it hears them."""

    digest: str = ""
    """Of the file that it came from: alerts of another calibration are not the same alerts."""
    markets: tuple[Calibrated, ...] = ()

    def of_asset(self, asset: str) -> Calibration:
        """The part that one asset needs: every asset saves its own configuration."""
        return Calibration(self.digest, tuple(m for m in self.markets if base_asset(m.instrument) == asset))

    def of_market(self, venue: str, instrument: str) -> Calibrated | None:
        """What is known of a market."""
        return next((m for m in self.markets if m.venue == venue and m.instrument == instrument), None)

    def usual_orders(self) -> dict[str, float]:
        """Mean orders a second of each market, by `venue|instrument`."""
        return {f"{m.venue}|{m.instrument}": m.orders_per_s.mean for m in self.markets if m.orders_per_s is not None}
