"""Normalised events of one known market, from numbers whose meaning a venue file has settled.

What every venue needs alike is here, and nowhere else: who and when, lots as base coin and dollars, levels as the book
reads them. Which field is which, and what it means, stays in the venue's file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from schemas.base import EVERY_INSTRUMENT
from schemas.health import Gap, VenueStatus
from schemas.instrument import Contract, Instrument, Kind, canonical_id
from schemas.market import (
    Adl,
    AdlLevel,
    AdlState,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    Position,
    PriceBand,
    PriceKind,
    Print,
    Side,
    Trade,
)

NO_LEVELS = msgspec.Raw(b"[]")
PLATFORM = "platform"
"""The session name of what a venue says about itself or about one of its markets."""


def market(
    venue: str,
    symbol: str,
    ts_recv_ns: int,
    *,
    base: str,
    quote: str,
    kind: Kind,
    contract: Contract,
    contract_value: float | None,
    expiry: str | None = None,
    tick_size: float | None = None,
) -> Instrument:
    """A market as listed; `expiry` (`20261225`) is required of a future."""
    return Instrument(
        venue=venue,
        instrument=canonical_id(base, quote, kind, expiry),
        ts_event_ns=ts_recv_ns,
        ts_recv_ns=ts_recv_ns,
        symbol=symbol,
        base=base,
        quote=quote,
        market=kind,
        contract=contract,
        contract_value=contract_value,
        tick_size=tick_size,
    )


def levels(side: Iterable[tuple[str | float, str | float]]) -> msgspec.Raw:
    """(price, quantity) pairs as the book reads them, for venues that write levels as objects or longer rows.

    >>> bytes(levels([("60000.5", "1"), ("60000", "0")]))
    b'[["60000.5","1"],["60000","0"]]'
    """
    return msgspec.Raw(msgspec.json.encode([(str(price), str(qty)) for price, qty in side]))


def trade(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    price: float,
    qty: float,
    taker: Side,
    trade_id: int | str | None = None,
    printed: Print = "market",
) -> Trade:
    """`qty` in the instrument's lots; an id that does not count one by one is given as text."""
    return Trade(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        price=price,
        qty=qty,
        notional_usd=instrument.notional_usd(qty, price),
        taker=taker,
        trade_id=trade_id,
        print=printed,
    )


def delta(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    bids: msgspec.Raw,
    asks: msgspec.Raw,
    first_id: int | None = None,
    last_id: int | None = None,
    prev_id: int | None = None,
) -> BookDelta:
    """Changed levels. `first_id` defaults to `last_id`: an update that covers one."""
    return BookDelta(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        bids=bids,
        asks=asks,
        first_id=last_id if first_id is None else first_id,
        last_id=last_id,
        prev_id=prev_id,
    )


def snapshot(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    bids: msgspec.Raw,
    asks: msgspec.Raw,
    last_id: int | None = None,
    keeps_far_levels: bool = False,
) -> BookSnapshot:
    """A whole book; with `keeps_far_levels` what lies beyond its range is not denied."""
    return BookSnapshot(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        bids=bids,
        asks=asks,
        last_id=last_id,
        keeps_far_levels=keeps_far_levels,
    )


def top(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    bid: float,
    bid_qty: float,
    ask: float,
    ask_qty: float,
) -> BookTop:
    """Best bid and ask; a price of zero is a side without orders."""
    return BookTop(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        bid=bid if bid > 0 else None,
        bid_qty=bid_qty if bid > 0 else None,
        ask=ask if ask > 0 else None,
        ask_qty=ask_qty if ask > 0 else None,
    )


def liquidation(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    liquidated: Position,
    price: float,
    price_kind: PriceKind,
    qty: float,
    sampled: bool,
    liquidation_id: int | str | None = None,
) -> Liquidation:
    """A forced close of `qty` lots."""
    return Liquidation(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        liquidated=liquidated,
        price=price,
        price_kind=price_kind,
        qty_base=instrument.base_qty(qty, price),
        notional_usd=instrument.notional_usd(qty, price),
        sampled=sampled,
        liquidation_id=liquidation_id,
    )


def adl(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    deleveraged: Position,
    price: float,
    qty: float,
    adl_id: int | str | None = None,
) -> Adl:
    """A winner's position of `qty` lots closed."""
    return Adl(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        deleveraged=deleveraged,
        price=price,
        qty_base=instrument.base_qty(qty, price),
        notional_usd=instrument.notional_usd(qty, price),
        adl_id=adl_id,
    )


def adl_state(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    level: AdlLevel,
    deleveraging: Position | None = None,
    fund_usd: float | None = None,
    drawdown: float | None = None,
) -> AdlState:
    """How near auto-deleveraging is on one market."""
    return AdlState(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        level=level,
        deleveraging=deleveraging,
        fund_usd=fund_usd,
        drawdown=drawdown,
    )


def derivative(
    instrument: Instrument,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    mark: float | None = None,
    index: float | None = None,
    funding_rate: float | None = None,
    next_funding_ms: int | None = None,
) -> DerivativeState:
    """Mark, index and funding; a price of zero is one that the venue does not have."""
    return DerivativeState(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        mark=mark or None,
        index=index or None,
        funding_rate=funding_rate,
        next_funding_ns=next_funding_ms * 1_000_000 if next_funding_ms else None,
    )


def open_interest(
    instrument: Instrument, ts_event_ns: int, ts_recv_ns: int, *, qty: float, price: float | None
) -> OpenInterest:
    """`qty` lots, counted once for a long and its short; `price` (the mark, or the last) for the dollars."""
    worth = instrument.contract == "inverse" or price
    return OpenInterest(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        open_interest=qty,
        notional_usd=instrument.notional_usd(qty, price or 0.0) if worth else None,
    )


def insurance(
    venue: str,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    balance_usd: float | None = None,
    taken_over_usd: float | None = None,
    instrument: Instrument | None = None,
) -> Insurance:
    """A fund's balance or a takeover; of the whole venue where no market is named."""
    return Insurance(
        venue=venue,
        instrument=instrument.instrument if instrument is not None else EVERY_INSTRUMENT,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        balance_usd=balance_usd,
        taken_over_usd=taken_over_usd,
    )


def price_band(
    instrument: Instrument, ts_event_ns: int, ts_recv_ns: int, *, highest_buy: float | None, lowest_sell: float | None
) -> PriceBand:
    """The prices between which orders are accepted; zero is no limit."""
    return PriceBand(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        highest_buy=highest_buy or None,
        lowest_sell=lowest_sell or None,
    )


def status(
    venue: str,
    ts_event_ns: int,
    ts_recv_ns: int,
    *,
    state: Literal["up", "halted"],
    reason: str,
    instrument: Instrument | None = None,
) -> VenueStatus:
    """What a venue says about its trading; of the whole venue where no market is named."""
    return VenueStatus(
        venue=venue,
        instrument=instrument.instrument if instrument is not None else EVERY_INSTRUMENT,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        state=state,
        session=PLATFORM,
        reason=reason[:200],
    )


def lost_book(instrument: Instrument, ts_recv_ns: int, reason: str) -> Gap:
    """The book is not what the venue has: what was built is given up, and a whole one is wanted."""
    return Gap(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_recv_ns,
        ts_recv_ns=ts_recv_ns,
        channel="book",
        since_ns=ts_recv_ns,
        reason=reason[:200],
    )
