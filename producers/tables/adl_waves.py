"""Auto-deleveraging waves of Hyperliquid, as published for 2025-10-10: one row a wave and coin.

A row says what was closed and when, not whose side nor at which price: both stay unknown, and no dollars are made of
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from producers.tables.table import EARLIEST_US, LATEST_US, Table
from schemas.base import Event
from schemas.market import Adl

EXCHANGE = "hyperliquid"


class AdlWaves(Table):
    """One file of waves, each told when it was over: its quantity is the whole wave's."""

    kind = "ADL waves"
    time_column = 2
    header = "wave,t_start_ms,t_end_ms,coin,gap_usd_x_qty,qty_contracts,gap_per_contract_usd"

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        for run in lines:
            for line in run:
                try:
                    wave, start_text, end_text, coin, _, amount_text, _ = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    start_us, end_us, amount = int(start_text) * 1000, int(end_text) * 1000, float(amount_text)
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (amount > 0.0 and isfinite(amount)):
                    skipped["bad_number"] += 1
                    continue
                if not EARLIEST_US < start_us <= end_us < LATEST_US:
                    skipped["bad_time"] += 1
                    continue
                ts_ns = end_us * 1000
                market = self.instruments.get((EXCHANGE, coin))
                if market is None:
                    market = self._define(EXCHANGE, coin, ts_ns, ts_ns)
                    if market is None:
                        continue
                    yield market
                yield Adl(
                    venue=market.venue,
                    instrument=market.instrument,
                    ts_event_ns=ts_ns,
                    ts_recv_ns=ts_ns,
                    deleveraged=None,
                    price=None,
                    qty_base=market.base_qty(amount, 0.0),
                    notional_usd=None,
                    adl_id=f"wave-{wave}",
                )
