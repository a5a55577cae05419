"""Trades of Binance's archive, one row a fill.

There is no time of receipt: all is taken to have been received when it happened, so that a feed's delay is unknown to
whoever replays it. Ids count a market's fills one by one; only those on the book are listed, so that a hole in them
stands for fills off it (`detector.trade_ids`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from typing import Literal

from producers.tables.binance_files import TAKERS, BinanceTable, time_ns, unread_rows
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Trade

SPOT_COLUMNS = 7
"""One more than futures have: whether it was the best match."""


class BinanceTrades(BinanceTable):
    """Fills of spot and of USD-M futures, and of any market where there is no header."""

    kind = family = "trades"
    time_column, id_column = 4, 0
    header = "id,price,qty,quote_qty,time,is_buyer_maker"
    row = re.compile(r"\d+(?:,[\d.]+){3},\d{13,16},(?:true|false)(?:,(?:true|false))?", re.IGNORECASE)

    @classmethod
    def shaped_for(cls, first_line: str) -> Literal["spot", "futures"] | None:
        """Spot rows are longer."""
        return "spot" if first_line.count(",") + 1 == SPOT_COLUMNS else "futures"

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        market: Instrument | None = None
        venue = name = ""
        usd_per_lot: float | None = None
        inverse = unread = False
        before_ns = 0
        for run in lines:
            for line in run:
                # One flat loop without a call for each event, since most of the reading time is spent here.
                after_unread, unread = unread, True
                try:
                    id_text, price_text, qty_text, _, time_text, maker, *_ = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    price, qty = float(price_text), float(qty_text)
                    trade_id, ns = int(id_text), time_ns(int(time_text))
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (price > 0.0 < qty and price * qty < inf and trade_id >= 0):
                    skipped["bad_number"] += 1
                    continue
                taker = TAKERS.get(maker)
                if taker is None or not ns:
                    skipped["bad_shape" if ns else "bad_time"] += 1
                    continue
                unread = False
                if market is None:
                    market = self._market(ns)
                    if market is None:
                        continue
                    yield market
                    venue, name = market.venue, market.instrument
                    usd_per_lot, inverse = market.notional_usd(1.0, 1.0), market.contract == "inverse"
                elif after_unread:
                    yield unread_rows(market, before_ns, ns)
                before_ns = ns
                yield Trade(
                    venue=venue,
                    instrument=name,
                    ts_event_ns=ns,
                    ts_recv_ns=ns,
                    price=price,
                    qty=qty,
                    notional_usd=None if usd_per_lot is None else qty * usd_per_lot * (1.0 if inverse else price),
                    taker=taker,
                    trade_id=trade_id,
                )


class BinanceCoinTrades(BinanceTrades):
    """Fills of COIN-M futures: quantities are contracts."""

    header = "id,price,qty,base_qty,time,is_buyer_maker"
