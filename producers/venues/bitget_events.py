"""Bitget rows as events: sides, lots and times of messages about known markets, and the sums of old books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec

from producers.completeness import Coverage
from producers.venues import bitget_wire as wire
from producers.venues import events
from producers.venues.checksum import ChecksumBook
from producers.venues.decoding import check_levels, event_ns, readable_rows
from schemas.base import Event
from schemas.instrument import DOLLARS, Instrument


class Books:
    """Books from snapshots and changes; those of v1 are kept as texts besides, to check their sums."""

    def __init__(self) -> None:
        self._texts: dict[str, ChecksumBook] = {}

    def events(self, message: wire.Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        """Wire ids chain by `pseq`; without it there are none. A change with a `pseq` of 0 is a reset (documented, not
        captured): the ids begin anew, far below the last one, and what follows belongs to a book that nobody has seen.
        """
        whole = message.action == "snapshot"
        made: list[Event] = []
        for row in wire.rows(message, wire.books):
            check_levels(row.bids, row.asks)
            at_ns = event_ns(row.ms, ts_recv_ns)
            last_id = None if row.prev is None else row.seq
            if not self._agrees(row, instrument.symbol, whole=whole):
                made.append(events.lost_book(instrument, ts_recv_ns, "its sum is not the venue's"))
            elif not whole and row.prev == 0:
                made.append(events.lost_book(instrument, ts_recv_ns, "the venue began its ids anew"))
            elif whole:
                made.append(
                    events.snapshot(instrument, at_ns, ts_recv_ns, bids=row.bids, asks=row.asks, last_id=last_id)
                )
            else:
                prev_id = None if last_id is None else row.prev
                ids = {"last_id": last_id, "prev_id": prev_id}
                made.append(events.delta(instrument, at_ns, ts_recv_ns, bids=row.bids, asks=row.asks, **ids))
        return made

    def _agrees(self, row: wire.Book, symbol: str, *, whole: bool) -> bool:
        texts = self._texts.pop(symbol, None)
        if whole:
            texts = ChecksumBook()
        if row.checksum == 0 or texts is None:  # nothing to compare, or a book that began before us or was given up
            return True
        bids, asks = wire.read(wire.levels, row.bids), wire.read(wire.levels, row.asks)
        (texts.replace if whole else texts.change)(bids, asks)
        if not texts.agrees(row.checksum):
            return False
        self._texts[symbol] = texts
        return True


def fills(message: wire.Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
    """Trades, oldest first. What follows a subscription as a snapshot is history, and left out."""
    if message.action == "snapshot":
        return ()
    rows: list[wire.Fill | wire.FillV1] = []
    if message.arg is not None and message.arg.inst_type.lower() in ("sp", "mc"):
        arrays = wire.rows(message, wire.fills_v1)
        rows += arrays
    else:
        objects = wire.rows(message, wire.fills)
        rows += objects
    rows.reverse()  # the newest is first
    rows.sort(key=lambda fill: fill.ms)
    return [
        events.trade(
            instrument,
            event_ns(fill.ms, ts_recv_ns),
            ts_recv_ns,
            price=fill.price,
            qty=fill.qty,
            taker=fill.taker,
            trade_id=fill.id,
        )
        for fill in rows
    ]


def state(message: wire.Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
    """Mark, index, funding and open interest of a ticker; that of spot has none of them."""
    made: list[Event] = []
    for row in wire.rows(message, wire.tickers):
        time_ms = row.ts or message.ts
        at_ns = event_ns(time_ms, ts_recv_ns) if time_ms else ts_recv_ns
        mark = row.mark_price or None
        if mark is None:
            continue
        made.append(
            events.derivative(
                instrument,
                at_ns,
                ts_recv_ns,
                mark=mark,
                index=row.index_price or None,
                funding_rate=None if row.funding_rate == "" else row.funding_rate,
                next_funding_ms=max(0, row.next_funding_time or 0),
            )
        )
        if isinstance(row.open_interest, float):
            made.append(events.open_interest(instrument, at_ns, ts_recv_ns, qty=row.open_interest, price=mark))
    return made


def liquidations(
    message: wire.Frame, markets: Mapping[str, Instrument], coverage: Coverage, ts_recv_ns: int
) -> Sequence[Event]:
    """Rows of registered markets: `buy` is a long, and `amount` is quote currency, which inverse lots are too.

    What follows a subscription as a snapshot is history, and left out.
    """
    if message.action != "update":
        return ()

    def read(raw: msgspec.Raw) -> Sequence[Event]:
        row = wire.liquidation.decode(raw)
        instrument = markets.get(row.symbol)
        if instrument is None:
            return ()
        at_ns = event_ns(row.ts, ts_recv_ns)
        forced = events.liquidation(
            instrument,
            at_ns,
            ts_recv_ns,
            liquidated="long" if row.side == "buy" else "short",
            price=row.price,
            price_kind="liquidation",
            qty=row.amount if instrument.contract == "inverse" else row.amount / row.price,
            sampled=coverage.at(at_ns).kind != "all",
        )
        return (forced,)

    rows = wire.rows(message, wire.raws)
    return list(chain.from_iterable(readable_rows(rows, read)))


def funds(answer: wire.Answer, venue: str, markets: Mapping[str, Instrument], ts_recv_ns: int) -> Sequence[Event]:
    """The fund behind each registered market, where it is kept in dollars."""
    at_ns = event_ns(answer.time, ts_recv_ns) if answer.time else ts_recv_ns
    rows = wire.read(wire.pools, answer.data).get("list", ())
    return [
        events.insurance(venue, at_ns, ts_recv_ns, balance_usd=pool.balance, instrument=instrument)
        for pool in readable_rows(rows, wire.pool.decode)
        for instrument in map(markets.get, pool.symbols)
        if instrument is not None and pool.coin in DOLLARS
    ]
