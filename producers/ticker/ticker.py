"""The ticker: puts a tick into the stream for each second of event time, and what only the whole stream shows.

Pure: what comes out depends on the events and their order, never on how they are batched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from producers.ticker.dollars import Dollars
from producers.ticker.event_time import HELD, TIMELESS, EventTime, EventTimeState
from producers.ticker.pulses import Pulses
from producers.ticker.sides import Sides
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick
from schemas.instrument import Instrument
from schemas.market import DerivativeState, Liquidation, Trade

MS = 1_000_000
NS = 1_000_000_000
NOTED = frozenset({Trade, DerivativeState, Liquidation})
"""What the ticker itself looks at."""


class TickerState(msgspec.Struct):
    """Everything that a ticker remembers, in one tree that can be saved."""

    time: EventTimeState
    pulses: Pulses
    dollars: Dollars
    sides: Sides
    next_ns: int


class Ticker:
    """Events of all markets in, the same events with ticks out.

    A tick comes before the first event that lies the lateness beyond the end of a second: nothing in time can precede
    that second's end any more, and whoever reads a part of the stream may close it.
    """

    def __init__(self, *, lateness_ms: int = 500, future_ms: int = 2000) -> None:
        self._lateness_ns = lateness_ms * MS
        self._time = EventTime(future_ns=future_ms * MS)
        self._pulses = Pulses()
        self._dollars = Dollars()
        self._sides = Sides()
        self._next_ns = 0
        """An event from here on is preceded by a tick."""

    @property
    def newest_ns(self) -> int:
        """The newest event time that is believed; 0 before the first event."""
        return self._time.newest_ns

    @property
    def clamped(self) -> int:
        """Events stamped so far ahead of their receipt that they count as their receipt."""
        return self._time.clamped

    @property
    def stray(self) -> int:
        """Events dropped because their leap ahead in time was confirmed by nothing."""
        return self._time.stray

    def take(self, events: Iterable[Event]) -> list[Event]:
        """The events in their order, with what the ticker has to say before each."""
        out: list[Event] = []
        put, believe = out.append, self._time.believe
        for event in events:
            kind = type(event)
            if kind in TIMELESS:
                if isinstance(event, Instrument):
                    self._dollars.define(event)
                put(event)
                continue
            ns = believe(event)
            if ns == HELD:
                for then_ns, held in self._time.confirmed():
                    out += self._preceded(then_ns, held)
                continue
            if ns >= self._next_ns:
                out += self._tick(ns, event.ts_recv_ns)
            if kind in NOTED:
                self._note(event, ns)
            put(event)
        return out

    def advance(self, now_ns: int) -> list[Event]:
        """Time passes without events: `now_ns` is event time. Nothing before the first event, which alone knows it."""
        if not self.newest_ns:
            return []
        self._time.advance(now_ns)
        out = self._tick(now_ns, now_ns) if now_ns >= self._next_ns else []
        for then_ns, event in self._time.confirmed():
            out += self._preceded(then_ns, event)
        return out

    def finish(self) -> list[Event]:
        """The input has ended: a last tick beyond the lateness, so that the newest event itself is used."""
        self._time.end()
        if not self.newest_ns:
            return []
        self._time.newest_ns += self._lateness_ns + 1
        return self._tick(self.newest_ns, self.newest_ns)

    @property
    def state(self) -> TickerState:
        """To be saved, and set again to continue exactly there."""
        return TickerState(self._time.dump(), self._pulses, self._dollars, self._sides, self._next_ns)

    @state.setter
    def state(self, state: TickerState) -> None:
        self._time.load(state.time)
        self._pulses, self._dollars, self._sides = state.pulses, state.dollars, state.sides
        self._next_ns = state.next_ns

    def _preceded(self, ns: int, event: Event) -> Iterator[Event]:
        if ns >= self._next_ns:
            yield from self._tick(ns, event.ts_recv_ns)
        self._note(event, ns)
        yield event

    def _note(self, event: Event, ns: int) -> None:
        if isinstance(event, Trade):
            self._on_trade(event, ns)
        elif isinstance(event, DerivativeState):
            self._sides.on_mark(event, ns)
        elif isinstance(event, Liquidation):
            self._sides.on_liquidation(event, ns)

    def _on_trade(self, trade: Trade, ns: int) -> None:
        # A late trade counts when it is learnt of: a venue whose feed lags by minutes is slow, not silent.
        ns = max(ns, self._time.newest_ns - self._lateness_ns)
        self._pulses.on_trade(trade.venue, ns)
        if trade.instrument in self._dollars.markets:
            self._dollars.on_trade(trade, ns)

    def _tick(self, ns: int, recv_ns: int) -> list[Event]:
        """The tick, after what the second that it closes has shown of the venues."""
        over_ns = (ns - self._lateness_ns) // NS * NS
        self._next_ns = over_ns + NS + self._lateness_ns
        tick = Tick(
            venue=EVERY_INSTRUMENT,
            instrument=EVERY_INSTRUMENT,
            ts_event_ns=ns,
            ts_recv_ns=recv_ns,
            pulses=self._pulses.read(over_ns),
            dollars=self._dollars.worth(over_ns),
        )
        return [*self._sides.read(over_ns), tick]
