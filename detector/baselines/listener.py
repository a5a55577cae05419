"""A rule among the events of a replay: its clock, and when it could see what it needs."""

from __future__ import annotations

from collections.abc import Sequence

from detector.baselines.baseline import Baseline, Need
from detector.conditions import NS
from detector.scoring.alarms import Alarm
from detector.scoring.labels import Stretch
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, BookTop, DerivativeState, Liquidation, OpenInterest

FRESH_S = 600
"""How old an input may be: twice the slowest interval at which such programs ask for one."""
LONGEST_S = FRESH_S
"""What lies in a longer hole of the events is not lived through, nor was it seen."""


class Listener:
    """Feeds one rule, in the order of receipt.

    Its time is that of the events, and never ahead of their receipt: a delayed feed does not make these rules late.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.saw: list[Stretch] = []
        """When the rule could see what it needs, in order and without overlaps."""
        self._baseline = baseline
        self._hears = baseline.hears | {Instrument}
        self._markets: dict[tuple[str, str], Instrument] = {}
        self._inputs: dict[Need, int] = {}
        self._now_ns = 0
        self._second = 0

    def feed(self, events: Sequence[Event]) -> list[Alarm]:
        """Take a batch; say what follows from it."""
        alarms: list[Alarm] = []
        if self._hears.isdisjoint(map(type, events)):
            # Time goes on in the events that the rule does not hear, too.
            self._advance(events[-1], alarms)
            return alarms
        for event in events:
            if isinstance(event, Instrument):
                self._markets[event.venue, event.instrument] = event
                continue
            self._advance(event, alarms)
            if type(event) not in self._hears:
                continue
            market = self._markets.get((event.venue, event.instrument))
            if market is not None:
                for need in _given_by(event):
                    self._inputs[need] = self._second
                alarms += self._baseline.feed(event, market, self._now_ns)
        return alarms

    def _advance(self, event: Event, alarms: list[Alarm]) -> None:
        moment = min(event.ts_event_ns, event.ts_recv_ns)
        if moment <= self._now_ns:
            return
        second = moment // NS
        if second > self._second:
            hole = self._now_ns > 0 and second - self._second > LONGEST_S
            if hole:
                # Windows end in it as in any pause, but whether anything happened then nobody knows.
                for closing in range(self._second + 1, self._second + LONGEST_S + 1):
                    alarms += self._baseline.close_second(closing)
            for closing in range(self._second + 1 if self._now_ns and not hole else second, second + 1):
                alarms += self._baseline.close_second(closing)
                if not hole and self._sees(closing):
                    self._extend(closing)
            self._second = second
        self._now_ns = moment

    def _sees(self, now_s: int) -> bool:
        """A feed of liquidations that has spoken once may be silent since: nothing else may."""
        return self._baseline.ready and all(
            need in self._inputs and (need == "liquidations" or now_s - self._inputs[need] <= FRESH_S)
            for need in self._baseline.needs
        )

    def _extend(self, now_s: int) -> None:
        end_ns = now_s * NS
        if self.saw and self.saw[-1].to_ns == end_ns - NS:
            self.saw[-1] = Stretch(self.saw[-1].from_ns, end_ns)
        else:
            self.saw.append(Stretch(end_ns - NS, end_ns))


def _given_by(event: Event) -> tuple[Need, ...]:
    if isinstance(event, Liquidation):
        return ("liquidations",) if event.notional_usd is not None else ()
    if isinstance(event, OpenInterest):
        return ("open interest",)
    if isinstance(event, DerivativeState):
        funding: tuple[Need, ...] = ("funding",) if event.funding_rate is not None else ()
        return funding if event.mark is None or event.index is None else (*funding, "mark and index")
    return ("books",) if isinstance(event, BookDelta | BookSnapshot | BookTop) else ()
