"""Liquidations and auto-deleveraging of Hyperliquid, as the fills of watched addresses show them.

There is no public channel for either. A fill that belongs to one says so on both sides of the match, so that either
side tells; which side of the market was closed depends on whose fill it is.
"""

from __future__ import annotations

from producers.venues.decoding import event_ns
from producers.venues.hyperliquid_wire import Fill
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Adl, Liquidation, Position

ADL = "Auto-Deleveraging"
LIQUIDATED = "Liquidated "
"""`Liquidated Cross Long` and its like: the bankrupt side of a transfer at the backstop."""


def forced(fill: Fill) -> bool:
    """Whether a fill is part of a liquidation or of auto-deleveraging.

    Most are told by the `liquidation` object alone: the direction of a liquidation through the book is an ordinary one.
    """
    return fill.liquidation is not None or fill.direction == ADL or fill.direction.startswith(LIQUIDATED)


def fill_event(fill: Fill, user: str, instrument: Instrument, ts_recv_ns: int) -> Event:
    """The event of a forced fill of `user`."""
    ts_event_ns = event_ns(fill.time, ts_recv_ns)
    qty_base = instrument.base_qty(fill.sz, fill.px)
    notional_usd = instrument.notional_usd(fill.sz, fill.px)
    if fill.direction == ADL:
        return Adl(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=ts_event_ns,
            ts_recv_ns=ts_recv_ns,
            # The fill is the winner's: buying, it gave back a short.
            deleveraged="short" if fill.side == "B" else "long",
            price=fill.px,
            qty_base=qty_base,
            notional_usd=notional_usd,
            adl_id=str(fill.tid),
        )
    through_book = fill.liquidation is not None and fill.liquidation.method == "market"
    return Liquidation(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        liquidated=_liquidated(fill, user),
        price=fill.px,
        # A transfer to a vault or a winner is priced by the venue, not by the book.
        price_kind="fill" if through_book else "mark",
        qty_base=qty_base,
        notional_usd=notional_usd,
        # Only watched addresses are seen.
        sampled=True,
        liquidation_id=str(fill.tid),
    )


def _liquidated(fill: Fill, user: str) -> Position:
    if fill.direction.startswith(LIQUIDATED):
        return "long" if fill.direction.endswith("Long") else "short"
    victim = fill.liquidation.liquidated_user if fill.liquidation else None
    # Where the victim is not named: its order is the one that took from the book.
    own = victim.lower() == user.lower() if victim else fill.crossed
    return "long" if (fill.side == "A") == own else "short"
