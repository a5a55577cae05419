"""What the detector reads off each asset once a second: for tables and charts, and for the market-wide stage.

A value that cannot be known is null, never zero and never the last good one.
"""

from __future__ import annotations

import msgspec

from schemas.alert import Transition
from schemas.clock import VenuePulse
from schemas.instrument import Kind
from schemas.units import Count, DurationSeconds, Flag, Identifier, Price, Rate, Ratio, Text, TimestampNs, Usd


class MarketReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One market at one second."""

    venue: Identifier
    """The venue's id."""
    instrument: Identifier
    """The canonical id, unique within the venue: `BTC-USDT-PERP`."""
    market: Kind
    price: Price | None = None
    """Of the last trade; null before the first."""
    last_trade_ns: TimestampNs = 0
    """Event time of the last trade; 0 before the first."""
    last_event_ns: TimestampNs = 0
    """Event time of the last message of any kind."""
    move_60s: Rate | None = None
    """Price over that of a minute ago, less one."""
    sigma: Rate | None = None
    """Robust σ of the 60-s move in the last hour, without floor."""
    trades_per_s: Ratio = 0.0
    """Trades a second over ten seconds."""
    trades_peak_per_s: Ratio = 0.0
    """The highest of these in five minutes."""
    order_rate_ratio: Ratio | None = None
    """Orders a minute over what is usual."""
    buy_orders: Count = 0
    """Orders that bought in this second; fills of one sweep count once."""
    sell_orders: Count = 0
    """As `buy_orders`."""
    bid_depth_usd: Usd | None = None
    """Within one percent of mid."""
    ask_depth_usd: Usd | None = None
    """Within one percent of mid."""
    depth_ratio: Ratio | None = None
    """The thinner side's depth over what is usual for it, confirmed by a neighbouring band."""
    spread: Rate | None = None
    """Between best bid and ask, as a share of mid."""
    spread_ratio: Ratio | None = None
    """Spread over what is usual."""
    book_fault: Text = ""
    """Why the book is not believed: `gap`, `crossed`, `frozen`, `ghost`, …"""
    delay_s: DurationSeconds | None = None
    """How late the feed is."""
    delay_ratio: Ratio | None = None
    """The same over what is usual for it."""
    liquidations_seen: Flag = False
    """Whether this market ever showed a liquidation of known worth: before, zero may be ignorance."""
    liquidated_longs_usd: Usd = 0.0
    """In the last minute; a lower bound where the feed is sampled."""
    liquidated_shorts_usd: Usd = 0.0
    """As `liquidated_longs_usd`."""
    liquidated_estimate_usd: Usd | None = None
    """Both sides in the last minute, with what the feed hides; null where nothing was reported, or nobody can say."""
    liquidated_upper_usd: Usd | None = None
    """What it can be at most, by open interest; null where that did not fall."""
    liquidated_method: Identifier = ""
    """How the estimate was made: `complete` (the feed shows all), `occupancy`, `peers`, `occupancy, saturated`;
    `partial` where there is none; empty where nothing was reported."""
    open_interest_usd: Usd | None = None
    funding_rate: Rate | None = None
    """The venue's current estimate for one funding interval."""
    calm_ids: Count = 0
    """Trade ids that passed in the calm, as far as it is remembered."""
    ids_contiguous: Flag = False
    """Whether next to none of these were skipped."""
    ids_60s: Count = 0
    """Trade ids that passed in the last minute."""
    missing_ids_60s: Count = 0
    """Of these, ids that never printed."""


class Liquidated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dollars liquidated in the last minute on several markets, both sides."""

    reported_usd: Usd
    """What feeds showed: a lower bound."""
    estimate_usd: Usd
    """Sum of the markets' estimates; a market without one counts with what it reported."""
    upper_usd: Usd | None = None
    """Sum of what it can be at most; null where any market that reported does not know."""
    methods: tuple[Identifier, ...] = ()
    """How the estimates were made, each named once: `peers`, `partial`, …"""
    partial: Count = 0
    """Markets that count with what they reported, because nobody can say what they hide."""


class AssetReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One base asset on all of its markets at one second."""

    asset: Identifier
    markets: tuple[MarketReading, ...]
    """Sorted by venue and instrument."""
    liquidated: Liquidated | None = None
    """Over all markets; null where none of them reported anything in the last minute."""
    dislocation: Rate | None = None
    """The largest distance between one market and its peers that has lasted for some seconds; null with no peers."""
    changes: tuple[Transition, ...] = ()
    """Conditions of this asset that began, changed or cleared in this second."""
    holding: tuple[Identifier, ...] = ()
    """All conditions of this asset that hold, as `rule|venue|asset`: who missed a change is put right by it."""
    sighted: tuple[Identifier, ...] = ()
    """Rules that could see."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reading"):
    """One second of one partition of assets. A partition without assets says so, so that silence is not mistaken."""

    ts_ns: TimestampNs
    """The end of the second, in event time."""
    partition: Count
    assets: tuple[AssetReading, ...]
    """Sorted by asset."""
    pulses: tuple[VenuePulse, ...] = ()
    """How each venue trades; the same in every partition."""
