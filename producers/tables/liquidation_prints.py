"""Single liquidations as they are bundled here, of several venues: what was closed, in coins, and at which price.

How complete a collection of them is nobody says, so that every sum of it is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from msgspec.structs import replace

from producers.tables.table import EARLIEST_US, LATEST_US, Table
from producers.venues import events
from schemas.base import Event

SYMBOLS = {"okx": "{}-USDT-SWAP", "hyperliquid": "{}"}
"""Venues that are known, and their names of a coin's perpetual."""


class LiquidationPrints(Table):
    """One file of liquidations; they were received when they happened."""

    kind = "liquidation prints"
    family = "liquidations"
    time_column = 0
    header = "time_ms,venue,coin,liquidated,price,qty_base"

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        for run in lines:
            for line in run:
                try:
                    time_text, venue, coin, liquidated, price_text, qty_text = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    ts_us, price, qty = int(time_text) * 1000, float(price_text), float(qty_text)
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (price > 0.0 < qty and price * qty < inf):
                    skipped["bad_number"] += 1
                    continue
                if not EARLIEST_US < ts_us < LATEST_US:
                    skipped["bad_time"] += 1
                    continue
                if venue not in SYMBOLS or liquidated not in ("long", "short"):
                    skipped["bad_shape"] += 1
                    continue
                symbol, ts_ns = SYMBOLS[venue].format(coin), ts_us * 1000
                market = self.instruments.get((venue, symbol))
                if market is None:
                    market = self._define(venue, symbol, ts_ns, ts_ns)
                    if market is None:
                        continue
                    # Quantities are in coins here, whatever a contract of the venue is worth.
                    market = self.instruments[venue, symbol] = replace(market, contract_value=1.0)
                    yield market
                yield events.liquidation(
                    market,
                    ts_ns,
                    ts_ns,
                    liquidated="long" if liquidated == "long" else "short",
                    price=price,
                    price_kind="order",
                    qty=qty,
                    sampled=True,
                )
