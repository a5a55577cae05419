"""Market events: what venues say about trades, books, forced flow and derivatives."""

from __future__ import annotations

from typing import Literal

from schemas.base import Event
from schemas.units import (
    BaseQuantity,
    Flag,
    Identifier,
    Levels,
    Price,
    Quantity,
    Rate,
    Sequence,
    TimestampNs,
    Usd,
)

Side = Literal["buy", "sell"]
Position = Literal["long", "short"]
PriceKind = Literal["fill", "bankruptcy", "order", "liquidation", "mark"]
AdlLevel = Literal["normal", "elevated", "imminent", "active"]
Print = Literal["market", "adl", "insurance_fund", "other"]


class Trade(Event, frozen=True, tag="trade"):
    """One execution.

    Only `print == "market"` may move a price, a return or a volume: the others happened off the book.
    """

    price: Price
    qty: Quantity
    notional_usd: Usd | None
    """Null where the instrument's contract value is unknown."""
    taker: Side
    """The side of the order that crossed the spread."""
    trade_id: Sequence | Identifier | None = None
    """An integer where the venue counts trades one by one; holes then mark fills that did not print."""
    print: Print = "market"
    """Where it happened: on the book (`market`), or off it by auto-deleveraging or through the insurance fund."""


class BookDelta(Event, frozen=True, tag="book_delta"):
    """Changed levels with their new quantities; the ids are the venue's."""

    bids: Levels
    """Each quantity replaces the level's old one; 0 removes the level."""
    asks: Levels
    """As `bids`."""
    first_id: Sequence | None = None
    """The first of the book's updates that this one covers."""
    last_id: Sequence | None = None
    """The last of them."""
    prev_id: Sequence | None = None
    """`last_id` of the delta before; null where the venue does not chain them explicitly."""


class BookSnapshot(Event, frozen=True, tag="book_snapshot"):
    """A book as far as the venue shows it, best level first."""

    bids: Levels
    """Highest price first."""
    asks: Levels
    """Lowest price first."""
    last_id: Sequence | None = None
    """The last of the book's updates that it contains."""
    keeps_far_levels: Flag = False
    """True for a resync of a diff-fed book: levels outside this range stay, *carried*. False: this is all there is."""
    keyframe: Flag = False
    """True for a copy of a book inside the stream, for readers that have none yet: it holds what the messages before it
    built, is nothing new to a reader of those, and replaces the whole book of any other. `keeps_far_levels` then says
    that deltas teach this book what lies beyond a snapshot.
    """
    proven_bid: Price | None = None
    """Of a keyframe: the worst bid of the venue's last snapshot; bids beyond it are known from deltas alone."""
    proven_ask: Price | None = None
    """As `proven_bid`."""


class BookTop(Event, frozen=True, tag="book_top"):
    """Best bid and ask. A side with no order is null."""

    bid: Price | None
    """The highest price at which somebody buys."""
    bid_qty: Quantity | None
    ask: Price | None
    """The lowest price at which somebody sells."""
    ask_qty: Quantity | None


class Liquidation(Event, frozen=True, tag="liquidation"):
    """A forced close."""

    liquidated: Position
    """The side of the position that was closed, whatever the venue's own field says."""
    price: Price
    price_kind: PriceKind
    """What `price` is: where it filled, where the account was bankrupt, the order's limit, the price at which the
    position became due for liquidation, or the mark."""
    qty_base: BaseQuantity | None
    """Null where the instrument's contract value is unknown."""
    notional_usd: Usd | None
    """`qty_base` at `price`; null where either is unknown."""
    sampled: Flag
    """True where the venue throttles or selects: the sum is a lower bound."""
    liquidation_id: Sequence | Identifier | None = None
    """The venue's own id, where it gives one."""


class DerivativeState(Event, frozen=True, tag="derivative_state"):
    """Mark, index and funding as last published; null where this message does not say."""

    mark: Price | None = None
    """The price by which the venue liquidates."""
    index: Price | None = None
    """The spot price, over several venues, that the mark follows."""
    funding_rate: Rate | None = None
    """The current estimate for one funding interval; positive: longs pay shorts."""
    next_funding_ns: TimestampNs | None = None
    """When it is paid next."""


class OpenInterest(Event, frozen=True, tag="open_interest"):
    """Contracts that are open, counted once for a long and its short."""

    open_interest: Quantity
    notional_usd: Usd | None
    """Null where the contract value or a price is unknown."""


class Adl(Event, frozen=True, tag="adl"):
    """A winner's position closed against a bankrupt one, off the book."""

    deleveraged: Position | None
    """The side that was in profit and lost its position; null where nobody says."""
    price: Price | None
    """At which both were closed; null where nobody says."""
    qty_base: BaseQuantity | None
    """Null where the instrument's contract value is unknown."""
    notional_usd: Usd | None
    """`qty_base` at `price`; null where either is unknown."""
    adl_id: Sequence | Identifier | None = None
    """The venue's own id, where it gives one."""


class Insurance(Event, frozen=True, tag="insurance"):
    """What an insurance fund holds or took over."""

    balance_usd: Usd | None = None
    """All that it holds; null where this message does not say."""
    taken_over_usd: Usd | None = None
    """A position that it took over from a bankrupt account; null where this message is none."""


class AdlState(Event, frozen=True, tag="adl_state"):
    """How near auto-deleveraging is, as the venue itself says; null where this message does not say."""

    level: AdlLevel
    """`elevated`: the venue warns; `imminent`: its next step is ADL; `active`: positions are being closed."""
    deleveraging: Position | None = None
    """The winning side that is or would be closed; null where the venue means both or does not say."""
    fund_usd: Usd | None = None
    """What the insurance fund of this market (or of its pool) holds."""
    drawdown: Rate | None = None
    """How far the fund, or the pool behind the market, is down, as the venue measures it: 0.3 is thirty percent."""


class PriceBand(Event, frozen=True, tag="price_band"):
    """The prices between which the venue accepts orders; null on a side without a limit."""

    highest_buy: Price | None
    """No buy order is accepted above it."""
    lowest_sell: Price | None
    """No sell order is accepted below it."""
