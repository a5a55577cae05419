"""Trades as Tardis writes them, times in microseconds.

Any exchange that the file names is read, whether or not it has a live producer; `tardis_symbols` says what its names
mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Literal

from producers.tables.table import EARLIEST_US, LATEST_US, Table
from producers.tables.tardis_liquidations import told_by_names
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Trade

LONGEST_NUMBER = 18
"""Digits of an id that fits 64 bits; a longer one is a name."""


class TardisTrades(Table):
    """One file of trades.

    A row without a side (`no_side`: `unknown`, as some exchanges did not say) is left out because a trade without a
    taker would enter the flow on a side that nobody took; an `option` because its price is a premium.
    """

    kind = family = "trades"
    time_column = 3
    header = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"

    @property
    def note(self) -> str:
        """Liquidations have the same columns."""
        if told_by_names(self.path) is not None:
            return ""
        return "read as trades; if they are liquidations, say so in the file's name or put it into a folder so called"

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        market: Instrument | None = None
        known_exchange = known_symbol = None
        venue = name = ""
        usd_per_lot: float | None = None
        inverse = False
        before_us = apart_ns = 0
        taker: Literal["buy", "sell"]
        trade_id: int | str | None
        for run in lines:
            for line in run:
                # One flat loop without a call for each row, since most of the reading time is spent here.
                try:
                    exchange, symbol, event_text, recv_text, text_id, side, price_text, amount_text = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    price, amount = float(price_text), float(amount_text)
                    ts_us, recv_us = int(event_text), int(recv_text)
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (price > 0.0 < amount and price * amount < inf):
                    skipped["bad_number"] += 1
                    continue
                if not (EARLIEST_US < ts_us < LATEST_US and EARLIEST_US < recv_us < LATEST_US):
                    skipped["bad_time"] += 1
                    continue
                if side == "buy":
                    taker = "buy"
                elif side == "sell":
                    taker = "sell"
                else:
                    skipped["no_side" if side == "unknown" else "bad_shape"] += 1
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
                    inverse = market.contract == "inverse"
                    usd_per_lot = market.notional_usd(1.0, 1.0)
                if usd_per_lot is None:
                    notional_usd = None
                else:
                    notional_usd = amount * usd_per_lot if inverse else amount * usd_per_lot * price
                ts_ns = ts_us * 1000
                if text_id.isdecimal() and len(text_id) <= LONGEST_NUMBER:
                    trade_id = int(text_id)
                else:
                    # Without a number only different times keep the order of a sweep: its last price is its last fill.
                    trade_id = text_id or None
                    apart_ns = min(apart_ns + 1, 999) if ts_us == before_us else 0
                    before_us = ts_us
                    ts_ns += apart_ns
                yield Trade(
                    venue=venue,
                    instrument=name,
                    ts_event_ns=ts_ns,
                    ts_recv_ns=recv_us * 1000,
                    price=price,
                    qty=amount,
                    notional_usd=notional_usd,
                    taker=taker,
                    trade_id=trade_id,
                )
