"""States of Gate's futures that change while nobody listens: ADL warnings, and contracts that do not trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec

from producers.venues import events
from producers.venues import gate_wire as wire
from producers.venues.decoding import raw_rows, readable_rows
from producers.venues.fading import Fading
from producers.venues.gate_v4 import Frame, moment
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import AdlLevel

ADL_LEVELS: Mapping[str, AdlLevel] = {"normal": "normal", "warning": "elevated", "adl_risk": "imminent"}
CALM_AFTER_NS = 5 * 10**9
"""Every second a warning is repeated, and once it is called off: whoever is away at that moment is not told again."""


class States:
    """Remembers the warnings that hold, and the contracts that do not trade."""

    def __init__(self, venue: str, markets: Mapping[str, Instrument]) -> None:
        self._venue = venue
        self._markets = markets
        self._warned = Fading[str](after_ns=CALM_AFTER_NS)
        self._halted: set[str] = set()

    def warnings(self, message: Frame, now: int) -> list[Event]:
        """Of every market of the settlement: those that nobody asked for are passed over."""

        def read(raw: msgspec.Raw) -> Sequence[Event]:
            row = wire.read_warning(raw)
            instrument = self._markets.get(row.contract)
            if instrument is None:
                return ()
            at_ns = moment(now, row.update_time, message.time_ms)
            if row.state == "normal":
                self._warned.ended(row.contract)
            else:
                self._warned.told(row.contract, now)
            return (events.adl_state(instrument, at_ns, now, level=ADL_LEVELS[row.state]),)

        told = message.result
        rows = (told,) if bytes(told)[:1] == b"{" else raw_rows(told)
        return list(chain.from_iterable(readable_rows(rows, read)))

    def calmed(self, now: int) -> list[Event]:
        """What is normal again, as the warnings ceased."""
        return [events.adl_state(self._markets[name], now, now, level="normal") for name in self._warned.over(now)]

    def changed(self, body: bytes, now: int) -> list[Event]:
        """The markets that ceased or began to trade; that all of them trade is assumed until something else is told."""

        def read(raw: msgspec.Raw) -> Sequence[Event]:
            row = wire.read_listed(raw)
            instrument, reason = self._markets.get(row.name), halt(row)
            if instrument is None or (reason is not None) == (row.name in self._halted):
                return ()
            self._halted ^= {row.name}
            if reason is None:
                return (events.status(self._venue, now, now, state="up", reason="", instrument=instrument),)
            return (events.status(self._venue, now, now, state="halted", reason=reason, instrument=instrument),)

        return list(chain.from_iterable(readable_rows(raw_rows(body), read)))


def halt(row: wire.Listed) -> str | None:
    """Why a contract does not trade; None where it does."""
    return "in delisting" if row.in_delisting else None if row.status == "trading" else row.status[:40] or None
