"""Order books as Tardis writes them, one row a changed level.

Rows of one market with one `local_timestamp` and one `is_snapshot` are one message, as the exchange sent it. A snapshot
discards what was there; one that follows changes says that the collector had lost its connection; and changes before
the first snapshot are of no use (docs.tardis.dev, data types). Where an exchange sends whole books only, snapshots
follow snapshots and nothing was lost between them.
"""

from __future__ import annotations

from collections.abc import Iterator

from producers.tables.book_clock import BookClock
from producers.tables.levels import as_written, best_first
from producers.tables.table import EARLIEST_US, LATEST_US, Table, no_market
from producers.tables.tardis_venues import declared_by
from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot

IS_SNAPSHOT = {"true": True, "false": False}


class TardisBooks(Table):
    """One file of changes and snapshots of books.

    Where rows are missing a book is unknown until its next snapshot, and one `Gap` says so: after a row that cannot be
    read, after the last row before a lost connection, and at the end of a file that is cut off. Changes of a book that
    is not known are left out (`no_book`).
    """

    kind = "incremental_book_L2"
    family = "books"
    time_column = 3
    header = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        clocks: dict[tuple[str, str], BookClock] = {}
        clock: BookClock | None = None
        known_exchange = known_symbol = known_recv = known_kind = ""
        whole = False
        ts_us = recv_us = newest_us = 0
        bids: list[str] = []
        asks: list[str] = []
        torn = -1
        """How many rows of the message preceded one that cannot be read; -1: none did."""
        lacking = False
        """Such a row stood where the message begins, and may have been its first."""
        for run in lines:
            for line in run:
                try:
                    exchange, symbol, event_text, recv_text, kind, side, level = line.split(",", 6)
                except ValueError:
                    skipped["bad_shape"] += 1
                    torn = len(bids) + len(asks) if line else torn
                    continue
                if (
                    recv_text != known_recv
                    or kind != known_kind
                    or symbol != known_symbol
                    or exchange != known_exchange
                ):
                    # A row is another message's only if all that says so can be read.
                    reason = no_market(exchange, symbol) if (exchange, symbol) not in clocks else ""
                    try:
                        next_us, next_recv_us, next_whole = int(event_text), int(recv_text), IS_SNAPSHOT[kind]
                    except (ValueError, KeyError):
                        reason = "bad_shape"
                    else:
                        if not (EARLIEST_US < next_us < LATEST_US and EARLIEST_US < next_recv_us < LATEST_US):
                            reason = "bad_time"
                    if reason:
                        skipped[reason] += 1
                        torn = len(bids) + len(asks) if reason != "option" else torn
                        continue
                    if clock is not None:
                        yield from self._message(
                            clock, whole, ts_us, recv_us, newest_us, bids, asks, complete=torn < 0 and not lacking
                        )
                        newest_us = recv_us
                    lacking, torn = torn == len(bids) + len(asks), -1
                    bids, asks = [], []
                    ts_us, recv_us, whole = next_us, next_recv_us, next_whole
                    known_exchange, known_symbol, known_recv, known_kind = exchange, symbol, recv_text, kind
                    clock = clocks.get((exchange, symbol))
                    if clock is None:
                        market = self._define(exchange, symbol, ts_us * 1000, recv_us * 1000)
                        if market is None:
                            continue  # never: it was asked above
                        yield market
                        clock = clocks[exchange, symbol] = BookClock(market, keeps_far_levels=_keeps_far(exchange))
                if side == "bid":
                    bids.append(level)
                elif side == "ask":
                    asks.append(level)
                else:
                    skipped["bad_shape"] += 1
                    torn = len(bids) + len(asks)
        if clock is not None:
            complete = torn < 0 and not lacking
            yield from self._message(clock, whole, ts_us, recv_us, newest_us, bids, asks, complete=complete)
        if self.damage:
            for one in clocks.values():
                if one.following:
                    yield one.lost(recv_us * 1000, "the file is damaged from here on")

    def _message(
        self,
        clock: BookClock,
        whole: bool,
        ts_us: int,
        recv_us: int,
        newest_us: int,
        bids: list[str],
        asks: list[str],
        *,
        complete: bool,
    ) -> Iterator[Event]:
        """One message, and the gaps around it; `newest_us` is the receive time of the message before it in the file."""
        market, recv_ns = clock.market, recv_us * 1000
        if whole:
            if clock.following and not clock.whole:
                yield clock.lost(newest_us * 1000, "the connection was lost: a whole book follows")
            bids, asks = best_first(bids, bids=True), best_first(asks, bids=False)
            clock.following = True
        elif not clock.following:
            self.skipped["no_book"] += len(bids) + len(asks)
            return
        (buyers, bad_bids), (sellers, bad_asks) = as_written(bids), as_written(asks)
        clock.whole = whole
        if whole:
            yield BookSnapshot(
                venue=market.venue,
                instrument=market.instrument,
                ts_event_ns=clock.at(ts_us * 1000, recv_ns),
                ts_recv_ns=recv_ns,
                bids=buyers,
                asks=sellers,
                keeps_far_levels=clock.keeps_far_levels,
            )
        else:
            yield BookDelta(
                venue=market.venue,
                instrument=market.instrument,
                ts_event_ns=clock.at(ts_us * 1000, recv_ns),
                ts_recv_ns=recv_ns,
                bids=buyers,
                asks=sellers,
            )
        if bad := bad_bids + bad_asks:
            self.skipped["bad_number"] += bad
        if bad or not complete:
            yield clock.lost(recv_ns, "a row could not be read")


def _keeps_far(exchange: str) -> bool:
    """Whether whole books of this exchange are fetched ones, which end where many levels are left."""
    venue = declared_by(exchange)
    return venue is not None and venue.sequencing is not None and venue.sequencing.snapshots == "rest"
