"""Binance payloads as events: sides, sizes and times of one message about one known market."""

from __future__ import annotations

from collections.abc import Sequence

from producers.errors import DecodeError
from producers.venues.binance_wire import (
    BookTicker,
    DepthUpdate,
    LiquidationOrder,
    MarkPriceUpdate,
    SpotBookTicker,
    TradePayload,
)
from producers.venues.decoding import check_levels, event_ns
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Adl, BookDelta, BookTop, DerivativeState, Insurance, Liquidation, Print, Trade

_PRINTS: dict[str, Print] = {"MARKET": "market", "ADL": "adl", "INSURANCE_FUND": "insurance_fund"}


def top(
    message: BookTicker | SpotBookTicker, instrument: Instrument, ts_event_ns: int, ts_recv_ns: int
) -> tuple[Event, ...]:
    """Best bid and ask; a side of zeros is a side without orders."""
    has_bid = message.bid > 0
    has_ask = message.ask > 0
    return (
        BookTop(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=ts_event_ns,
            ts_recv_ns=ts_recv_ns,
            bid=message.bid if has_bid else None,
            bid_qty=message.bid_qty if has_bid else None,
            ask=message.ask if has_ask else None,
            ask_qty=message.ask_qty if has_ask else None,
        ),
    )


def delta(message: DepthUpdate, instrument: Instrument, ts_recv_ns: int) -> tuple[Event, ...]:
    """Changed levels, at the time of the match engine where the venue tells it."""
    check_levels(message.bids, message.asks)
    return (
        BookDelta(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=event_ns(message.push_ms if message.match_ms is None else message.match_ms, ts_recv_ns),
            ts_recv_ns=ts_recv_ns,
            bids=message.bids,
            asks=message.asks,
            first_id=message.first_id,
            last_id=message.last_id,
            prev_id=message.prev_id,
        ),
    )


def trade(message: TradePayload, instrument: Instrument, ts_recv_ns: int) -> tuple[Event, ...]:
    """A fill, and beside it the auto-deleveraging or takeover by the insurance fund that it stands for.

    The taker of an off-book fill is the bankrupt side: its order closes the position. (A recorded print of the fund,
    USD-M 2023-04-05, agrees: `m` is true at a price above the market, which only a bankrupt long can have.)
    """
    printed = _PRINTS.get(message.execution, "other")
    price, qty = message.price, message.qty
    if price == 0 and printed != "other":
        raise DecodeError("bad_number", "a fill at a price of zero")
    ts_event_ns = event_ns(message.match_ms, ts_recv_ns)
    notional_usd = instrument.notional_usd(qty, price)
    fill = Trade(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        price=price,
        qty=qty,
        notional_usd=notional_usd,
        taker="sell" if message.buyer_is_maker else "buy",
        trade_id=message.trade_id,
        print=printed,
    )
    if printed == "adl":
        return fill, Adl(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=ts_event_ns,
            ts_recv_ns=ts_recv_ns,
            deleveraged="short" if message.buyer_is_maker else "long",
            price=price,
            qty_base=instrument.base_qty(qty, price),
            notional_usd=notional_usd,
            adl_id=message.trade_id,
        )
    if printed == "insurance_fund":
        return fill, Insurance(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=ts_event_ns,
            ts_recv_ns=ts_recv_ns,
            taken_over_usd=notional_usd,
        )
    return (fill,)


def liquidation(order: LiquidationOrder, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
    """A liquidation order's fills so far: size `z` at the average price `ap`. SELL closes a long."""
    if order.filled == 0:
        return ()
    price = order.average or order.limit
    return (
        Liquidation(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=event_ns(order.match_ms, ts_recv_ns),
            ts_recv_ns=ts_recv_ns,
            liquidated="long" if order.side == "SELL" else "short",
            price=price,
            price_kind="fill" if order.average else "order",
            qty_base=instrument.base_qty(order.filled, price),
            notional_usd=instrument.notional_usd(order.filled, price),
            sampled=True,
        ),
    )


def derivative(message: MarkPriceUpdate, instrument: Instrument, ts_recv_ns: int) -> tuple[Event, ...]:
    """Mark, index and funding; what this market does not have (empty or zero on the wire) is None."""
    return (
        DerivativeState(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=event_ns(message.push_ms, ts_recv_ns),
            ts_recv_ns=ts_recv_ns,
            mark=message.mark,
            index=message.index or None,
            funding_rate=message.funding if isinstance(message.funding, float) and message.next_funding_ms else None,
            next_funding_ns=message.next_funding_ms * 1_000_000 or None,
        ),
    )
