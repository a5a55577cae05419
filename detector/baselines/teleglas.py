"""TELEGLAS: storms of liquidations and single large ones (`WEBSOCKET_ALERT_SYSTEM_ANALYSIS.md` of rcz87/TELEGLAS).

A symbol is taken as the asset at all venues. Its documents name cooldowns of storms of 300 s for all groups, and of
300, 450 and 600 s by group: the charitable reading is the second, which sends less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from detector.baselines.baseline import Need
from detector.conditions import NS
from detector.kernel import Window
from detector.scoring.alarms import Alarm
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Liquidation, Position

WINDOW_S = 30
EVERY_S = 5
SINGLE_COOLDOWN_S = 300


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds of a group of symbols."""

    storm_usd: float
    storm_events: int
    storm_cooldown_s: int
    single_usd: float


MAJORS = Group(storm_usd=2e6, storm_events=3, storm_cooldown_s=300, single_usd=500_000.0)
LARGE = Group(storm_usd=1e6, storm_events=2, storm_cooldown_s=450, single_usd=200_000.0)
OTHERS = Group(storm_usd=500_000.0, storm_events=2, storm_cooldown_s=600, single_usd=100_000.0)
GROUPS = {
    **dict.fromkeys(("BTC", "ETH", "SOL"), MAJORS),
    **dict.fromkeys(("BNB", "XRP", "ADA", "DOGE", "AVAX", "DOT"), LARGE),
}


class Storms:
    """Dollars and liquidations of one side of a symbol in half a minute, looked at every five seconds."""

    needs: tuple[Need, ...] = ("liquidations",)
    hears: frozenset[type[Event]] = frozenset({Liquidation})
    ready = True

    def __init__(self) -> None:
        self._windows: dict[tuple[str, Position], Window] = {}
        self._told_s: dict[str, int] = {}

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        """Nothing yet: it looks every five seconds."""
        if isinstance(event, Liquidation):
            place = market.base, event.liquidated
            if place not in self._windows:
                self._windows[place] = Window((WINDOW_S * NS,))
            self._windows[place].add(now_ns, event.notional_usd or 0.0)
        return ()

    def close_second(self, now_s: int) -> Iterator[Alarm]:
        """An alarm for each symbol with a storm that does not rest after its last one."""
        if now_s % EVERY_S:
            return
        now_ns = now_s * NS
        for (asset, side), window in self._windows.items():
            group = GROUPS.get(asset, OTHERS)
            count, usd = window.count(0, now_ns), window.sum(0, now_ns)
            if usd < group.storm_usd or count < group.storm_events:
                continue
            told_s = self._told_s.get(asset)
            if told_s is None or now_s - told_s >= group.storm_cooldown_s:
                self._told_s[asset] = now_s
                yield Alarm(now_ns, asset, f"storm: {count} {side}s, {usd:,.0f} USD in {WINDOW_S} s")


class Singles:
    """Each large liquidation, at most once in five minutes for a symbol and side."""

    needs: tuple[Need, ...] = ("liquidations",)
    hears: frozenset[type[Event]] = frozenset({Liquidation})
    ready = True

    def __init__(self) -> None:
        self._told_ns: dict[tuple[str, Position], int] = {}

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterator[Alarm]:
        """An alarm where it is large enough."""
        if not isinstance(event, Liquidation) or event.notional_usd is None:
            return
        if event.notional_usd < GROUPS.get(market.base, OTHERS).single_usd:
            return
        place = market.base, event.liquidated
        told_ns = self._told_ns.get(place)
        if told_ns is None or now_ns - told_ns >= SINGLE_COOLDOWN_S * NS:
            self._told_ns[place] = now_ns
            yield Alarm(now_ns, market.base, f"{event.liquidated} of {event.notional_usd:,.0f} USD")

    def close_second(self, now_s: int) -> Iterable[Alarm]:
        """Nothing: it speaks with the event."""
        return ()
