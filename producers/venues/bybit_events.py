"""What Bybit tells of many markets in one frame: ADL pools, funds, the platform. Each row is read by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec

from producers.venues import bybit_wire as wire
from producers.venues import events
from producers.venues.decoding import event_ns, raw_rows, readable_rows
from schemas.base import Event
from schemas.instrument import DOLLARS, Instrument
from schemas.market import AdlLevel

_pool = msgspec.json.Decoder(wire.PoolRow, strict=False).decode
_fund = msgspec.json.Decoder(wire.FundRow, strict=False).decode
_maintenances = msgspec.json.Decoder(tuple[wire.Maintenance, ...], strict=False).decode


def adl_states(head: wire.Frame, markets: Mapping[str, Instrument], ts_recv_ns: int) -> Sequence[Event]:
    """How near ADL is on each registered market."""
    at_ns = event_ns(head.ts, ts_recv_ns)

    def read(raw: msgspec.Raw) -> Sequence[Event]:
        row = _pool(raw)
        instrument = markets.get(row.symbol)
        if instrument is None:
            return ()
        fund_usd = row.balance if row.coin in DOLLARS else None
        drawdown = max(0.0, -row.ratio)
        return (
            events.adl_state(instrument, at_ns, ts_recv_ns, level=adl_level(row), fund_usd=fund_usd, drawdown=drawdown),
        )

    return list(chain.from_iterable(readable_rows(raw_rows(head.data), read)))


def balances(head: wire.Frame, venue: str, markets: Mapping[str, Instrument], ts_recv_ns: int) -> Sequence[Event]:
    """Funds of one market each, in dollars; what a fund in coin is worth is not said."""

    def read(raw: msgspec.Raw) -> Sequence[Event]:
        row = _fund(raw)
        instrument = markets.get(row.symbol)
        if instrument is None or row.coin not in DOLLARS:
            return ()
        at_ns = event_ns(row.ms, ts_recv_ns)
        return (events.insurance(venue, at_ns, ts_recv_ns, balance_usd=row.balance, instrument=instrument),)

    return list(chain.from_iterable(readable_rows(raw_rows(head.data), read)))


def statuses(head: wire.Frame, venue: str, ts_recv_ns: int) -> Sequence[Event]:
    """Maintenance and incidents that stop the trading of futures (service 1, product 1) in production."""
    at_ns = event_ns(head.ts, ts_recv_ns)
    return [
        events.status(venue, at_ns, ts_recv_ns, state="halted" if row.state == "ongoing" else "up", reason=row.title)
        for row in _maintenances(head.data)
        if 1 in row.service_types and 1 in row.product and row.env == 1 and row.state != "scheduled"
    ]


def adl_level(row: wire.PoolRow) -> AdlLevel:
    """The documented rule: it begins at the trigger, or with an empty pool, and ends beyond the stop ratio.

    While it runs it holds the ratio at the trigger; between trigger and stop it has just been, or comes next.

    >>> row = wire.PoolRow(
    ...     coin="USDT", symbol="A", balance=1e6, ratio=-0.35, trigger=-0.3, stop=-0.25, threshold=1.0)
    >>> [adl_level(msgspec.structs.replace(row, ratio=ratio)) for ratio in (-0.35, -0.27, -0.1)]
    ['active', 'imminent', 'normal']
    """
    if row.balance <= 0 or (row.balance > row.threshold and row.ratio <= row.trigger):
        return "active"
    return "imminent" if row.balance > row.threshold and row.ratio <= row.stop else "normal"
