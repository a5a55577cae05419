"""Best bids and asks as Tardis writes them: `quotes`, and `book_ticker` with the same columns."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from producers.tables.table import EARLIEST_US, LATEST_US, Table
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookTop


class TardisQuotes(Table):
    """One file of quotes; an empty price is a side without orders."""

    kind = "quotes"
    time_column = 3
    header = "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount"

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        market: Instrument | None = None
        known_exchange = known_symbol = None
        venue = name = ""
        before_us = apart_ns = 0
        for run in lines:
            for line in run:
                try:
                    exchange, symbol, event_text, recv_text, ask_qty, ask, bid, bid_qty = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    ts_us, recv_us = int(event_text), int(recv_text)
                    bought, bought_qty = (float(bid), float(bid_qty or 0.0)) if bid else (None, None)
                    sold, sold_qty = (float(ask), float(ask_qty or 0.0)) if ask else (None, None)
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (_is_level(bought, bought_qty) and _is_level(sold, sold_qty)):
                    skipped["bad_number"] += 1
                    continue
                if not (EARLIEST_US < ts_us < LATEST_US and EARLIEST_US < recv_us < LATEST_US):
                    skipped["bad_time"] += 1
                    continue
                if symbol != known_symbol or exchange != known_exchange:
                    market = self.instruments.get((exchange, symbol))
                    if market is None:
                        market = self._define(exchange, symbol, ts_us * 1000, recv_us * 1000)
                        if market is None:
                            continue
                        yield market
                    known_exchange, known_symbol = exchange, symbol
                    venue, name = market.venue, market.instrument
                # Of several in one moment the last is what holds after it.
                apart_ns = min(apart_ns + 1, 999) if ts_us == before_us else 0
                before_us = ts_us
                yield BookTop(
                    venue=venue,
                    instrument=name,
                    ts_event_ns=ts_us * 1000 + apart_ns,
                    ts_recv_ns=recv_us * 1000,
                    bid=bought,
                    bid_qty=bought_qty,
                    ask=sold,
                    ask_qty=sold_qty,
                )


def _is_level(price: float | None, qty: float | None) -> bool:
    if price is None or qty is None:
        return True
    return price > 0.0 <= qty and isfinite(price) and isfinite(qty)
