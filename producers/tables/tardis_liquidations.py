"""Liquidations as Tardis writes them: `side` is that of the closing order, so `buy` ended a short, `sell` a long.

That is what its client (`tardis-dev/tardis-node`, `src/types.ts`) says of the field, whatever the exchange wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Literal

from producers.completeness import Coverage
from producers.tables.table import EARLIEST_US, LATEST_US, Table
from producers.tables.tardis_venues import declared_by
from producers.venues import events
from schemas.base import Event
from schemas.market import PriceKind

PRICES: dict[str, PriceKind] = {
    "bybit": "bankruptcy",
    "bitget-futures": "liquidation",
    "deribit": "fill",
    "cryptofacilities": "fill",
    "ftx": "fill",
}
"""Which of an exchange's prices stands in the file, by the fields that `tardis-node` maps. All others report the
order's, or have changed what they mean, and what is certain of it is that it is no fill on the book.
"""


def told_by_names(path: Path) -> Literal["trades", "liquidations"] | None:
    """Which of the two a file holds by its name, or else by the nearest of its folders; None where neither tells.

    >>> told_by_names(Path("/data/trades/bybit_liquidations_BTCUSDT.csv"))
    'liquidations'
    >>> told_by_names(Path("/data/liquidations/2025/10/10/BTCUSDT.csv.gz"))
    'liquidations'
    """
    name = path.name.lower()
    if "liquidations" in name:
        return "liquidations"
    if "trades" in name:
        return "trades"
    for folder in path.absolute().parents:
        if folder.name.lower() == "liquidations":
            return "liquidations"
        if folder.name.lower() == "trades":
            return "trades"
    return None


class TardisLiquidations(Table):
    """One file of liquidations. They are `sampled` unless the venue's declaration says that its feed told all then."""

    kind = "liquidations"
    time_column = 3
    header = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"

    @classmethod
    def reads(cls, first_line: str, path: Path) -> bool:
        """The columns are those of trades: names alone say which they are."""
        return first_line == cls.header and told_by_names(path) == cls.kind

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        told: dict[str, Coverage | None] = {}
        for run in lines:
            for line in run:
                try:
                    exchange, symbol, event_text, recv_text, text_id, side, price_text, amount_text = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    price, amount = float(price_text), float(amount_text)
                    ts_ns, recv_ns = int(event_text) * 1000, int(recv_text) * 1000
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (price > 0.0 < amount and price * amount < inf):
                    skipped["bad_number"] += 1
                    continue
                if not (EARLIEST_US < ts_ns // 1000 < LATEST_US and EARLIEST_US < recv_ns // 1000 < LATEST_US):
                    skipped["bad_time"] += 1
                    continue
                if side not in ("buy", "sell"):
                    skipped["no_side" if side == "unknown" else "bad_shape"] += 1
                    continue
                market = self.instruments.get((exchange, symbol))
                if market is None:
                    market = self._define(exchange, symbol, ts_ns, recv_ns)
                    if market is None:
                        continue
                    yield market
                if exchange not in told:
                    venue = declared_by(exchange)
                    told[exchange] = venue.completeness["liquidations"] if venue is not None else None
                coverage = told[exchange]
                yield events.liquidation(
                    market,
                    ts_ns,
                    recv_ns,
                    liquidated="short" if side == "buy" else "long",
                    price=price,
                    price_kind=PRICES.get(exchange, "order"),
                    qty=amount,
                    sampled=coverage is None or coverage.at(ts_ns).kind != "all",
                    liquidation_id=text_id or None,
                )
