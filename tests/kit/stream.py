"""Small events of a stream, told apart by their times."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from producers.kafka.lanes import Lanes
from producers.kafka.segments import Segments
from producers.kafka.spool import Spool
from schemas.clock import Tick
from schemas.health import Channel, Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Liquidation, Trade
from schemas.topics import ADL, FRAMES, HEALTH, LIQUIDATIONS

VENUE = "binance-usdm"
BTC = "BTC-USDT-PERP"
ETH = "ETH-USDT-PERP"
T0 = 1_760_130_000_000_000_000
MS = 1_000_000

Levels = Iterable[tuple[str | float, str | float]]


def raw(levels: Levels) -> msgspec.Raw:
    """Levels as they are given, strings or numbers."""
    return msgspec.Raw(msgspec.json.encode(list(levels)))


def trade(ms: int, instrument: str = BTC) -> Trade:
    ns = T0 + ms * MS
    return Trade(
        venue=VENUE,
        instrument=instrument,
        ts_event_ns=ns,
        ts_recv_ns=ns + MS,
        price=100.0,
        qty=1.0,
        notional_usd=100.0,
        taker="buy",
        trade_id=ms,
    )


def liquidation(ms: int, instrument: str = BTC) -> Liquidation:
    ns = T0 + ms * MS
    return Liquidation(
        venue=VENUE,
        instrument=instrument,
        ts_event_ns=ns,
        ts_recv_ns=ns + MS,
        liquidated="long",
        price=100.0,
        price_kind="fill",
        qty_base=1.0,
        notional_usd=100.0,
        sampled=False,
        liquidation_id=ms,
    )


def delta(ms: int, bids: Levels = (), asks: Levels = (), instrument: str = BTC) -> BookDelta:
    ns = T0 + ms * MS
    return BookDelta(
        venue=VENUE,
        instrument=instrument,
        ts_event_ns=ns,
        ts_recv_ns=ns + MS,
        bids=raw(bids),
        asks=raw(asks),
        last_id=ms,
    )


def snapshot(
    ms: int, bids: Levels = (("99", "1"),), asks: Levels = (("101", "1"),), instrument: str = BTC, *, keeps: bool = True
) -> BookSnapshot:
    ns = T0 + ms * MS
    return BookSnapshot(
        venue=VENUE,
        instrument=instrument,
        ts_event_ns=ns,
        ts_recv_ns=ns + MS,
        bids=raw(bids),
        asks=raw(asks),
        last_id=ms,
        keeps_far_levels=keeps,
    )


def gap(ms: int, instrument: str = BTC, channel: Channel = "book") -> Gap:
    ns = T0 + ms * MS
    return Gap(
        venue=VENUE,
        instrument=instrument,
        ts_event_ns=ns,
        ts_recv_ns=ns,
        channel=channel,
        since_ns=ns - MS,
        reason="cut",
    )


def status(ms: int) -> VenueStatus:
    ns = T0 + ms * MS
    return VenueStatus(venue=VENUE, instrument="*", ts_event_ns=ns, ts_recv_ns=ns, state="up", session="public-0")


def tick(ms: int) -> Tick:
    ns = T0 + ms * MS
    return Tick(venue="*", instrument="*", ts_event_ns=ns, ts_recv_ns=ns)


def definition(instrument: str = BTC) -> Instrument:
    base = instrument.split("-", maxsplit=1)[0]
    return Instrument(
        venue=VENUE,
        instrument=instrument,
        ts_event_ns=0,
        ts_recv_ns=0,
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        market="perp",
        contract="linear",
        contract_value=1.0,
    )


def spool_in(folder: Path, *, memory_bytes: int = 20_000, quota_bytes: int = 1 << 20, lossless: bool = False) -> Spool:
    """A spool of the usual lanes, small enough to overflow."""
    disk = Segments(folder, quota_bytes=quota_bytes, segment_bytes=4_000)
    lanes = Lanes((FRAMES, LIQUIDATIONS, ADL, HEALTH))
    return Spool(lanes=lanes, disk=disk, memory_bytes=memory_bytes, lossless=lossless)
