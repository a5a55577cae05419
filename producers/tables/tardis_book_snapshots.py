"""The best levels of books as Tardis writes them, one row a book: `book_snapshot_5` and `book_snapshot_25`.

Each row is all there is: what lies beyond its last level never becomes known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from producers.tables.book_clock import BookClock
from producers.tables.levels import as_written
from producers.tables.table import EARLIEST_US, LATEST_US, Table
from schemas.base import Event
from schemas.market import BookSnapshot

_NAMES = "exchange,symbol,timestamp,local_timestamp"
_LEVEL = "asks[{0}].price,asks[{0}].amount,bids[{0}].price,bids[{0}].amount"


class TardisBookSnapshots(Table):
    """One file of whole books of up to `most` levels a side; places that the book does not fill are empty."""

    family = "books"
    time_column = 3
    most: ClassVar[int]

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        clocks: dict[tuple[str, str], BookClock] = {}
        cells = 4 + 4 * self.most
        recv_ns = 0
        for run in lines:
            for line in run:
                row = line.split(",")
                if len(row) != cells:
                    skipped["bad_shape"] += 1
                    continue
                exchange, symbol = row[:2]
                try:
                    ts_us, recv_us = int(row[2]), int(row[3])
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (EARLIEST_US < ts_us < LATEST_US and EARLIEST_US < recv_us < LATEST_US):
                    skipped["bad_time"] += 1
                    continue
                asks, bad_asks = as_written(_levels(row[4::4], row[5::4]))
                bids, bad_bids = as_written(_levels(row[6::4], row[7::4]))
                if bad_asks or bad_bids:
                    skipped["bad_number"] += 1
                    continue
                clock = clocks.get((exchange, symbol))
                if clock is None:
                    market = self._define(exchange, symbol, ts_us * 1000, recv_us * 1000)
                    if market is None:
                        continue
                    yield market
                    clock = clocks[exchange, symbol] = BookClock(market, keeps_far_levels=False)
                recv_ns = recv_us * 1000
                yield BookSnapshot(
                    venue=clock.market.venue,
                    instrument=clock.market.instrument,
                    ts_event_ns=clock.at(ts_us * 1000, recv_ns),
                    ts_recv_ns=recv_ns,
                    bids=bids,
                    asks=asks,
                )
        if self.damage:
            for one in clocks.values():
                yield one.lost(recv_ns, "the file is damaged from here on")


class TardisBookSnapshots5(TardisBookSnapshots):
    """Five levels a side."""

    kind = "book_snapshot_5"
    most = 5
    header = ",".join([_NAMES, *(_LEVEL.format(place) for place in range(most))])


class TardisBookSnapshots25(TardisBookSnapshots):
    """Twenty-five levels a side."""

    kind = "book_snapshot_25"
    most = 25
    header = ",".join([_NAMES, *(_LEVEL.format(place) for place in range(most))])


def _levels(prices: list[str], amounts: list[str]) -> list[str]:
    return [f"{price},{amount}" for price, amount in zip(prices, amounts, strict=True) if price or amount]
