"""What a fill on Lighter closed: the taker's position when it was liquidated, the maker's when it was deleveraged."""

from __future__ import annotations

from collections.abc import Mapping

from producers.venues import events
from producers.venues.decoding import event_ns
from producers.venues.lighter_wire import Row
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Position, Print, Side

SIDES: tuple[Side, Side] = ("sell", "buy")
OFF_BOOK: Mapping[str, Print] = {"deleverage": "adl", "market-settlement": "other"}


def fill(row: Row, instrument: Instrument, ts_recv_ns: int) -> list[Event]:
    """The trade, and what it closed by force: the taker's position, or with ADL the maker's, who was in profit."""
    bought, number, price, qty = row.is_maker_ask, str(row.trade_id), row.price, row.size
    at = (instrument, engine_ns(row.transaction_time, row.timestamp, ts_recv_ns), ts_recv_ns)
    printed, taker = OFF_BOOK.get(row.type, "market"), SIDES[bought]
    trade = events.trade(*at, price=price, qty=qty, taker=taker, trade_id=number, printed=printed)
    if row.type == "liquidation":
        side = _position(row.taker_position_size_before, bought=bought)
        forced = events.liquidation(
            *at, liquidated=side, price=price, price_kind="fill", qty=qty, sampled=False, liquidation_id=number
        )
        return [trade, forced]
    if printed == "adl":
        side = _position(row.maker_position_size_before, bought=not bought)
        return [trade, events.adl(*at, deleveraged=side, price=price, qty=qty, adl_id=number)]
    return [trade]


def _position(size_before: float, *, bought: bool) -> Position:
    """Who closes by buying was short; the size before tells it where it is given."""
    return "short" if (size_before or (-1 if bought else 1)) < 0 else "long"


def engine_ns(time_us: int, time_ms: int, ts_recv_ns: int) -> int:
    """The engine's microseconds, or the milliseconds of the block or the push where they are left out."""
    return event_ns(time_us // 1000, ts_recv_ns) + time_us % 1000 * 1000 if time_us else event_ns(time_ms, ts_recv_ns)
