"""Hyperliquid's market messages as events. Sizes are in coin, prices in dollars, funding is for one hour."""

from __future__ import annotations

from producers.venues.hyperliquid_wire import AssetContext, Book, Level, WsTrade, raw_levels
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot, BookTop, DerivativeState, OpenInterest, Trade


def snapshot(book: Book, instrument: Instrument, ts_event_ns: int, ts_recv_ns: int) -> BookSnapshot:
    """A whole book: what it does not show is not there."""
    bids, asks = book.levels
    return BookSnapshot(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        bids=raw_levels(bids),
        asks=raw_levels(asks),
        keeps_far_levels=False,
    )


def top(best: tuple[Level | None, Level | None], instrument: Instrument, ts_event_ns: int, ts_recv_ns: int) -> BookTop:
    """Best bid and ask."""
    bid, ask = best
    return BookTop(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        bid=float(bid.px) if bid else None,
        bid_qty=float(bid.sz) if bid else None,
        ask=float(ask.px) if ask else None,
        ask_qty=float(ask.sz) if ask else None,
    )


def trade(row: WsTrade, instrument: Instrument, ts_event_ns: int, ts_recv_ns: int) -> Trade:
    """A match. Its id is text, because these ids do not count."""
    return Trade(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        price=row.px,
        qty=row.sz,
        notional_usd=instrument.notional_usd(row.sz, row.px),
        taker="buy" if row.side == "B" else "sell",
        trade_id=str(row.tid),
    )


def context(asset: AssetContext, instrument: Instrument, ts_recv_ns: int) -> list[Event]:
    """Mark, oracle and funding, and the open interest; the message has no time, so that of its receipt stands in."""
    events: list[Event] = [
        DerivativeState(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=ts_recv_ns,
            ts_recv_ns=ts_recv_ns,
            mark=asset.mark,
            index=asset.oracle,
            funding_rate=asset.funding,
        )
    ]
    if asset.open_interest is not None:
        events.append(
            OpenInterest(
                venue=instrument.venue,
                instrument=instrument.instrument,
                ts_event_ns=ts_recv_ns,
                ts_recv_ns=ts_recv_ns,
                open_interest=asset.open_interest,
                notional_usd=instrument.notional_usd(asset.open_interest, asset.mark) if asset.mark else None,
            )
        )
    return events
