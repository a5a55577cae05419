"""Open interest of Binance's archive, every five minutes: `metrics`. Its ratios of longs to shorts are not read.

A row is labelled with the beginning of its five minutes: it is given out at their end, so that nothing is known before
it could be. Rows are not always in order, and a few have a zero for a figure that was not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite

from producers.tables.binance_files import EARLIEST_NS, LATEST_NS, BinanceTable
from schemas.base import Event
from schemas.market import OpenInterest

EVERY_NS = 300_000_000_000


class BinanceMetrics(BinanceTable):
    """Figures of USD-M (base coin) and COIN-M (contracts)."""

    kind = "metrics"
    header = (
        "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
        "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
    )
    row = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\w+(?:,[\d.]*){6}")

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        # A day is 288 rows: all are read before the first is given out.
        figures: dict[int, tuple[float, float]] = {}
        for run in lines:
            for line in run:
                if (read := self._figure(line)) is not None:
                    figures[read[0]] = read[1:]
        market = self._market(min(figures)) if figures else None
        if market is None:
            return
        yield market
        for ns, (quantity, value) in sorted(figures.items()):
            # The value of inverse contracts is in coin.
            usd = market.notional_usd(quantity, 0.0) if market.contract == "inverse" else value
            yield OpenInterest(
                venue=market.venue,
                instrument=market.instrument,
                ts_event_ns=ns,
                ts_recv_ns=ns,
                open_interest=quantity,
                notional_usd=usd if market.notional_usd(1.0, 1.0) is not None else None,
            )

    def _figure(self, line: str) -> tuple[int, float, float] | None:
        """When it was known, the quantity, and its value in the currency of the contract; None, and counted."""
        try:
            time_text, symbol, quantity_text, value_text, *_ = line.split(",")
        except ValueError:
            self.skipped["bad_shape"] += 1
            return None
        try:
            ns = utc_ns(time_text) + EVERY_NS
            quantity, value = float(quantity_text), float(value_text)
        except ValueError:
            self.skipped["bad_number"] += 1
            return None
        if symbol != self._symbol:
            self.skipped["other_market"] += 1
        elif not EARLIEST_NS < ns < LATEST_NS:
            self.skipped["bad_time"] += 1
        elif not (quantity > 0.0 < value and isfinite(quantity + value)):
            self.skipped["no_figure" if quantity == 0.0 else "bad_number"] += 1
        else:
            return ns, quantity, value
        return None


def utc_ns(text: str) -> int:
    """A time as the archive writes it where it is no number. Raises `ValueError`.

    >>> utc_ns("2025-10-10 21:15:03")
    1760130903000000000
    """
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
