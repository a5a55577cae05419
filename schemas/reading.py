"""What the detector reads off each asset once a second: for tables and charts, and for the market-wide stage.

A value that cannot be known is null, never zero and never the last good one.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.alert import Direction, Level, Stage, Transition
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
    move_300s: Rate | None = None
    """The same over five minutes."""
    sigma: Rate | None = None
    """Robust σ of the 60-s move in the last hour, without the floor of all markets."""
    trades_per_s: Ratio = 0.0
    """Trades a second over ten seconds."""
    trades_peak_per_s: Ratio = 0.0
    """The highest of these in five minutes."""
    order_rate_ratio: Ratio | None = None
    """Orders a minute over what is usual."""
    impact_ratio: Ratio | None = None
    """How far a dollar of one-sided flow moves the price, over what is usual."""
    traded_usd_60s: Usd | None = None
    """Traded in the last minute; null where a lot's worth is unknown."""
    buy_orders: Count = 0
    """Orders that bought in this second; fills of one sweep count once."""
    sell_orders: Count = 0
    """As `buy_orders`."""
    bid_depth_usd: Usd | None = None
    """Within one percent of mid."""
    ask_depth_usd: Usd | None = None
    """Within one percent of mid."""
    bid_depth_2pct_usd: Usd | None = None
    """Within two percent of mid; null where the book is not known so far."""
    ask_depth_2pct_usd: Usd | None = None
    """As `bid_depth_2pct_usd`."""
    depth_ratio: Ratio | None = None
    """The thinner side's depth over what is usual for it, confirmed by a neighbouring band."""
    spread: Rate | None = None
    """Between best bid and ask, as a share of mid."""
    spread_ratio: Ratio | None = None
    """Spread over what is usual."""
    halted: Flag = False
    """Whether the venue says that this market does not trade."""
    book_fault: Text = ""
    """Why the book is not believed: `gap`, `crossed`, `frozen`, `ghost`, …"""
    refill: Rate | None = None
    """Share of the last falls of the 1 % depth that came back within half a minute; null while nothing fell."""
    withdrawn: Rate | None = None
    """Of what left the thinner side's 1 % depth in the last minute, the share that nobody traded."""
    delay_s: DurationSeconds | None = None
    """How late the feed is."""
    delay_ratio: Ratio | None = None
    """The same over what is usual for it."""
    delay_now_s: DurationSeconds | None = None
    """How late the messages of this second were; null where none came, or its clocks are in doubt."""
    clock_step_s: DurationSeconds | None = None
    """How far the difference between the venue's clock and ours has leapt in the last minute; null where it has not."""
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
    forced_over_depth: Ratio | None = None
    """Reported liquidations of five minutes over the usual 1 % depth of the side that they hit."""
    fragility: Ratio | None = None
    """Modelled liquidations within two percent of the price over the depth there; right within a factor of ten."""
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


class VenueWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue says of itself, or we of a connection to it, as long as it is not taken back."""

    venue: Identifier
    """The venue's id."""
    session: Identifier
    """Of which connection: `public-0`; `platform` for the venue itself; else what was checked: `liquidation_side`."""
    state: Literal["halted", "down", "rejected", "doubtful", "inverted"]
    since_ns: TimestampNs
    """Since when it has been said."""
    reason: Text = ""
    """Why, where it is known."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of an asset that holds, less its numbers; its name is told beside it."""

    stage: Stage
    severity: Level
    direction: Direction
    since_ns: TimestampNs
    """Event time of the onset."""


class AssetReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One base asset on all of its markets at one second."""

    asset: Identifier
    markets: tuple[MarketReading, ...]
    """Sorted by venue and instrument."""
    liquidated: Liquidated | None = None
    """Over all markets; null where none of them reported anything in the last minute."""
    perp_discount: Rate | None = None
    """Median price of its perpetuals over that of its spot markets, less one; null without either."""
    dislocation: Rate | None = None
    """The largest distance between one market and its peers that has lasted for some seconds; null with no peers."""
    words: tuple[VenueWord, ...] = ()
    """What is wrong with whole venues, by their own word or ours; the same in every asset. Sorted."""
    changes: tuple[Transition, ...] = ()
    """Conditions of this asset that began, changed or cleared in this second."""
    holding: tuple[Identifier, ...] = ()
    """All conditions of this asset that hold, as `rule|venue|asset`: who missed a change is put right by it."""
    held: tuple[Held, ...] = ()
    """What each of `holding` is, in the same order, for who missed their onset; empty where the sender does not say."""
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
