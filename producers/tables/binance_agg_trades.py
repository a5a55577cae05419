"""Aggregated trades of Binance's archive: one row for the fills of one order at one price, a Trade each.

A row has the ids of its first and last fill, and only fills on the book are in rows: ids between two rows that are in
neither are fills off it (insurance fund, auto-deleveraging). They would be inferred wrongly from any id of the row: its
own number has no such holes, and from the last fill's every row of three fills would look like two missing. So trades
are numbered here one by one, and a hole leaves out as many numbers as it is rows, at the mean of fills a row so far:
its share of all is then that of the fills, which is what is judged. There is no time of receipt, as in `trades`.
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

SPOT_COLUMNS = 8
"""One more than futures have: whether it was the best match."""

NUMBERS_PER_ID = 1000
"""A file's numbers begin at this times its first id: so far from where the file before it ended that nobody takes the
difference for a hole."""


class BinanceAggTrades(BinanceTable):
    """Orders of any market."""

    kind = "aggTrades"
    family = "trades"
    time_column, id_column = 5, 0
    header = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
    row = re.compile(r"\d+(?:,[\d.]+){2}(?:,-?\d+){2},\d{13,16},(?:true|false)(?:,(?:true|false))?", re.IGNORECASE)

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
        before_ns = number = last_id = rows = fills = 0
        for run in lines:
            for line in run:
                # One flat loop without a call for each event, since most of the reading time is spent here.
                after_unread, unread = unread, True
                try:
                    _, price_text, qty_text, first_text, last_text, time_text, maker, *_ = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    price, qty = float(price_text), float(qty_text)
                    first, last, ns = int(first_text), int(last_text), time_ns(int(time_text))
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (price > 0.0 < qty and price * qty < inf and 0 <= first <= last):
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
                    number = first * NUMBERS_PER_ID
                elif after_unread or ns < before_ns:
                    # Ids of a row that stands too far behind are no holes, neither before it nor after.
                    unread = ns < before_ns
                    yield unread_rows(market, min(before_ns, ns), ns)
                elif first > last_id + 1:
                    number += max(1, round((first - last_id - 1) * rows / fills))
                number += 1
                rows += 1
                fills += last - first + 1
                before_ns, last_id = ns, last
                yield Trade(
                    venue=venue,
                    instrument=name,
                    ts_event_ns=ns,
                    ts_recv_ns=ns,
                    price=price,
                    qty=qty,
                    notional_usd=None if usd_per_lot is None else qty * usd_per_lot * (1.0 if inverse else price),
                    taker=taker,
                    trade_id=number,
                )
