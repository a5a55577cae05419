"""States that OKX tells as they change: ADL warnings that cease without a word, markets that do not trade.

What changed while nobody listened is found by silence (warnings) and by asking (markets).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from producers.venues import okx_events
from producers.venues import okx_wire as wire
from producers.venues.decoding import raw_rows, readable_rows
from producers.venues.fading import Fading
from schemas.base import Event
from schemas.instrument import Instrument

CALM_AFTER_NS = 5 * 10**9
"""Warnings come every second."""
LIVE = "live"
"""The state of whatever is listed."""

Family = tuple[str, str]


class States:
    """Remembers the warnings that hold, and the markets that do not trade."""

    def __init__(self, markets: Mapping[str, Instrument], related: Mapping[Family, Mapping[str, Instrument]]) -> None:
        self._markets = markets
        self._related = related
        self._warned = Fading[Family](after_ns=CALM_AFTER_NS)
        self._states: dict[str, str] = {}

    def warnings(self, data: msgspec.Raw, now: int) -> list[Event]:
        """Rows of `adl-warning`, for each registered market of their family."""

        def read(raw: msgspec.Raw) -> Sequence[Event]:
            row = wire.read_warning(raw)
            family = (row.inst_type, row.inst_family)
            told = [okx_events.warning(row, one, now) for one in self._related.get(family, {}).values()]
            if row.state == "normal":
                self._warned.ended(family)
            elif told:
                self._warned.told(family, now)
            return told

        return list(chain.from_iterable(readable_rows(raw_rows(data), read)))

    def calmed(self, now: int) -> list[Event]:
        """What is normal again, as the warnings ceased."""
        families = self._warned.over(now)
        return [okx_events.calm(one, now) for family in families for one in self._related.get(family, {}).values()]

    def changed(self, rows: Iterable[msgspec.Raw], now: int) -> list[Event]:
        """The registered markets among these rows whose state is another than it was."""

        def read(raw: msgspec.Raw) -> Sequence[Event]:
            row = wire.read_listed(raw)
            one = self._markets.get(row.inst_id)
            if one is None or row.state == self._states.get(row.inst_id, LIVE):
                return ()
            self._states[row.inst_id] = row.state
            return (okx_events.market_state(row, one, now),)

        return list(chain.from_iterable(readable_rows(rows, read)))
