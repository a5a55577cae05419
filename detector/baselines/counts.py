"""So many liquidations of so many dollars within so many seconds: what most programs do.

* napo99/TG-Bot, `CASCADE_ALERTS_EXPLAINED.md`: five and 100,000 dollars of a symbol in a minute.
* AgentFeed: four and 50,000 dollars in 90 seconds, its default window.
* ksiaz/liquidation-trading: three in 30 seconds, its state CASCADING.
* dharmateja03/Liquidation_Monitor: ten million dollars in five minutes, the liquidation part of its risk score.

None says when the same rule speaks again. The charitable reading: when it held no longer for as long as its window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from detector.baselines.baseline import Need
from detector.conditions import NS
from detector.kernel import Window
from detector.scoring.alarms import Alarm
from schemas.alert import MARKET
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Liquidation


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """One such rule."""

    window_s: int
    at_least: int
    usd: float
    market_wide: bool = False
    """Over all assets together, not for each."""


NAPO99 = Limits(window_s=60, at_least=5, usd=100_000.0)
AGENTFEED = Limits(window_s=90, at_least=4, usd=50_000.0)
KSIAZ = Limits(window_s=30, at_least=3, usd=0.0)
DHARMATEJA = Limits(window_s=300, at_least=1, usd=10e6, market_wide=True)


class Counts:
    """A count and a sum of liquidations, both sides together."""

    needs: tuple[Need, ...] = ("liquidations",)
    hears: frozenset[type[Event]] = frozenset({Liquidation})
    ready = True

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._windows: dict[str, Window] = {}
        self._held_ns: dict[str, int] = {}

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterator[Alarm]:
        """An alarm where a liquidation of unknown worth or of a known one completes the rule."""
        if not isinstance(event, Liquidation):
            return
        limits = self._limits
        scope = MARKET if limits.market_wide else market.base
        window = self._windows.get(scope)
        if window is None:
            window = self._windows[scope] = Window((limits.window_s * NS,))
        window.add(now_ns, event.notional_usd or 0.0)
        count, usd = window.count(0, now_ns), window.sum(0, now_ns)
        if count < limits.at_least or usd < limits.usd:
            return
        held_ns, self._held_ns[scope] = self._held_ns.get(scope), now_ns
        # It held until a window after that event at the latest, and not for another one since.
        if held_ns is None or now_ns - held_ns > 2 * limits.window_s * NS:
            yield Alarm(now_ns, scope, f"{count} liquidations, {usd:,.0f} USD in {limits.window_s} s")

    def close_second(self, now_s: int) -> Iterable[Alarm]:
        """Nothing: it speaks with the event that completes it."""
        return ()
