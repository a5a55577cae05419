"""Depth of Binance's archive: twice a minute, what lies within 1, 2, 3, 4 and 5 % of mid, as a book of five levels.

Of what lies between two of these lines only the average price is known. So the book has one level for each, near its
outer line (`binance_slices`): sums within 1 and 2 % are exact; those within less are zero, which makes no baseline and
is never judged. The spread is not known: that of these levels says nothing.

A figure holds until the next one, and is given out again and again meanwhile, each time with a millionth more at its
far end: a book in which nothing changes for ten seconds of trades is taken for dead. Where the archive itself repeats a
figure to the last digit nothing is given out, and the book is found to be frozen; where none comes for too long, or one
that cannot be, it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from producers.tables.binance_files import EARLIEST_NS, LATEST_NS, BinanceTable
from producers.tables.binance_metrics import utc_ns
from producers.tables.binance_slices import Figures, Sides, levels, slices
from producers.venues import events
from schemas.base import Event
from schemas.instrument import Instrument

REPEATED_NS = 5_000_000_000
"""Half of the time after which a book is found to be frozen."""
HELD_NS = 45_000_000_000
"""One figure in thirty seconds, and half of that for a late one."""
LAST_HELD_NS = 25_000_000_000
"""The last figure of a file: the next file's first comes at most thirty seconds later, and must not be overtaken."""


class BinanceBookDepth(BinanceTable):
    """Books of USD-M futures (depth in coin, notional in dollars) and COIN-M (in contracts, and in coin)."""

    kind = "bookDepth"
    family = "books"
    header = "timestamp,percentage,depth,notional"
    row = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,-?[\d.]+,[\d.]+,[\d.]+")

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        market: Instrument | None = None
        last: Sides | None = None
        repeats = False
        last_ns = 0
        for ns, figures in self._figures(lines):
            if ns <= last_ns:
                self.skipped["not_in_order"] += len(figures)
                continue
            if market is None:
                market = self._market(ns)
                if market is None:
                    return
                yield market
            over_ns = last_ns + HELD_NS
            if last is not None and not repeats:
                yield from _held(market, last, last_ns, min(ns, over_ns))
            if last is not None and ns > over_ns:
                yield events.lost_book(market, over_ns, "no figure of the depth")
                last = None
            now = slices(figures, market)
            if now is None:
                self.skipped["impossible"] += len(figures)
                yield events.lost_book(market, ns, "figures of the depth that cannot be")
            last, last_ns, repeats = now, ns, now == last
        if market is not None and last is not None and not repeats:
            yield from _held(market, last, last_ns, last_ns + LAST_HELD_NS)

    def _figures(self, lines: Iterator[list[str]]) -> Iterator[tuple[int, Figures]]:
        """Depth and notional by percentage, of each moment."""
        moment = ""
        figures: Figures = {}
        for run in lines:
            for line in run:
                try:
                    time_text, percent_text, depth_text, notional_text = line.split(",")
                except ValueError:
                    self.skipped["bad_shape"] += 1
                    continue
                if time_text != moment:
                    if figures:
                        yield utc_ns(moment), figures
                    moment, figures = "", {}
                try:
                    if not moment and not EARLIEST_NS < utc_ns(time_text) < LATEST_NS:
                        self.skipped["bad_time"] += 1
                        continue
                    moment = time_text
                    figures[float(percent_text)] = (float(depth_text), float(notional_text))
                except ValueError:
                    self.skipped["bad_number"] += 1
        if figures:
            yield utc_ns(moment), figures


def _held(market: Instrument, sides: Sides, since_ns: int, until_ns: int) -> Iterator[Event]:
    for turn, ns in enumerate(range(since_ns, until_ns, REPEATED_NS)):
        bids, asks = levels(*sides, turn=turn)
        yield events.snapshot(market, ns, ns, bids=bids, asks=asks)
