"""How near GMX is to auto-deleveraging: told for each pool and side, of which several are one market here."""

from __future__ import annotations

from producers.venues import events
from producers.venues.evm_log import EventData
from producers.venues.gmx_wire import USD, scaled, value_of
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Position


class AdlFlags:
    """What the keepers may do in each pool, as last told."""

    def __init__(self) -> None:
        self._told: dict[str, dict[tuple[str, Position], tuple[bool, float]]] = {}

    def note(self, instrument: Instrument, pool: str, data: EventData, at_ns: int, ts_recv_ns: int) -> Event:
        """The state of the whole market: a pool that calms down does not calm the others.

        The drawdown is the winners' profit as a share of the pool, of the worst one.
        """
        down = scaled(value_of(data.ints, "pnlToPoolFactor"), USD, below=1e3)
        side, of_market = side_of(data), self._told.setdefault(instrument.symbol, {})
        of_market[pool, side] = (value_of(data.flags, "shouldEnableAdl"), down)
        enabled = {key: share for key, (is_enabled, share) in of_market.items() if is_enabled}
        sides = {position for _, position in enabled} or {side}
        calm = [share for (_, position), (_, share) in of_market.items() if position == side]
        return events.adl_state(
            instrument,
            at_ns,
            ts_recv_ns,
            level="imminent" if enabled else "normal",
            deleveraging=sides.pop() if len(sides) == 1 else None,
            drawdown=max(enabled.values() or calm),
        )


def side_of(data: EventData) -> Position:
    """Whose position a log is about."""
    return "long" if value_of(data.flags, "isLong") else "short"
