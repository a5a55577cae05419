"""A share of the assets, such as a partition of the log: events in; at each tick the seconds that are over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from detector.asset import AssetEngine
from detector.config import Config
from detector.ordering import NS
from schemas.alert import Alert, Transition
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick, VenuePulse
from schemas.codec import base_asset
from schemas.instrument import Instrument
from schemas.reading import AssetReading, Reading

LONGEST_SILENCE_S = 1_900
"""A jump in event time beyond this closes only so many seconds: everything has cleared by then, conditions after 15
minutes and their episodes after 15 more."""

LEAP_NS = 60 * NS
GONE_TICKS = 10
"""A ticker that was not heard for so many ticks of others is gone."""

Output = Transition | Alert


class Closed(NamedTuple):
    """A second that is over: its reading, and the alerts of single assets that follow from it."""

    reading: Reading
    alerts: list[Alert]

    @property
    def transitions(self) -> list[Transition]:
        """Conditions of single assets that began, changed or cleared."""
        return [change for asset in self.reading.assets for change in asset.changes]


class Standing(msgspec.Struct):
    """What a shard knows beside its assets."""

    now_s: int = 0
    """The last second that was closed."""
    first_s: int = 0
    newest_ns: int = 0
    """Event time of the newest tick."""
    unknown: int = 0
    """Events of assets that nobody defined."""
    failed: int = 0
    """Seconds of single assets that could not be closed."""
    leaps: int = 0
    """Ticks that were not believed: a minute ahead of another ticker that lives."""
    tickers: dict[str, int] = {}
    """Producers of ticks, and how many ticks of others came since."""
    pulses: dict[str, VenuePulse] = {}
    """What ticks told of each venue since a second was closed."""


class Shard:
    """Any number of assets that are closed together."""

    def __init__(self, config: Config | None = None, partition: int = 0) -> None:
        self.config = config or Config()
        self.partition = partition
        self.standing = Standing()
        self.assets: dict[str, AssetEngine] = {}
        self._asset_of: dict[str, str] = {}
        self._holds: dict[str, int] = {}

    def feed(self, events: Iterable[Event], producer: str = "", offset: int = 0) -> list[Closed]:
        """Take events as received; return the seconds that are over.

        `producer` tells the copies of two producers apart; `offset` is the events' place in a log, for assets that
        were restored from a snapshot and hold a part of it already.
        """
        if self._holds and offset > max(self._holds.values()):
            self._holds = {}
        closed: list[Closed] = []
        for event in events:
            instrument = event.instrument
            asset = self._asset_of.get(instrument)
            if asset is None:
                if type(event) is Tick:
                    closed += self._tick(event, producer)
                    continue
                if instrument == EVERY_INSTRUMENT:
                    for name, engine in self.assets.items():
                        if offset > self._holds.get(name, -1):
                            engine.feed(event, producer)
                    continue
                if type(event) is not Instrument:
                    self.standing.unknown += 1
                    continue
                asset = self._asset_of[instrument] = base_asset(instrument)
                if asset not in self.assets:
                    self.assets[asset] = AssetEngine(asset, self.config, self.standing.now_s)
                    self.assets[asset].order.tick(self.standing.newest_ns)
            if offset > self._holds.get(asset, -1):
                self.assets[asset].feed(event, producer)
        return closed

    def adopt(self, engine: AssetEngine, holds: int | None = None) -> None:
        """Take over an asset that was restored; `holds` is the last offset of the log that its state has seen."""
        self.assets[engine.memory.asset] = engine
        if holds is not None:
            self._holds[engine.memory.asset] = holds
        for definition in engine.memory.world.definitions.values():
            self._asset_of[definition.instrument] = engine.memory.asset

    def _believes(self, tick: Tick, producer: str) -> bool:
        """Whether a tick says what time it is: one producer's wrong clock must not close everybody's seconds."""
        standing = self.standing
        others = {name: count + 1 for name, count in standing.tickers.items() if name != producer}
        standing.tickers = {name: count for name, count in others.items() if count <= GONE_TICKS} | {producer: 0}
        if standing.newest_ns and tick.ts_event_ns > standing.newest_ns + LEAP_NS and len(standing.tickers) > 1:
            standing.leaps += 1
            return False
        return True

    def _hear(self, tick: Tick) -> tuple[VenuePulse, ...]:
        """What is known of each venue since a second was closed: several producers tell of different ones."""
        pulses = self.standing.pulses
        for told in tick.pulses:
            known = pulses.setdefault(told.venue, told)
            if known is not told:
                pulses[told.venue] = VenuePulse(
                    venue=told.venue,
                    last_trade_ns=max(known.last_trade_ns, told.last_trade_ns),
                    longest_pause_ns=max(known.longest_pause_ns, told.longest_pause_ns),
                    pause_ends_ns=tuple(sorted({*known.pause_ends_ns, *told.pause_ends_ns})),
                )
        return tuple(pulses[venue] for venue in sorted(pulses))

    def _tick(self, tick: Tick, producer: str) -> list[Closed]:
        if not self._believes(tick, producer):
            return []
        standing, assets = self.standing, list(self.assets.values())
        pulses = self._hear(tick)
        for engine in assets:
            engine.tick(tick)
        end_s = (tick.ts_event_ns - self.config.timing.lateness_ms * 1_000_000) // NS
        closed: list[Closed] = []
        if not standing.now_s:
            # Assets that were restored go on where they stood; all others begin now.
            restored = [now_s for engine in assets if (now_s := engine.memory.world.now_s)]
            standing.now_s = standing.first_s = min([end_s, *restored])
            for engine in assets:
                engine.memory.world.now_s = engine.memory.world.now_s or end_s
        elif end_s - standing.now_s > LONGEST_SILENCE_S:
            last_s = standing.now_s + LONGEST_SILENCE_S
            closed += [self._close_second(second, pulses) for second in range(standing.now_s + 1, last_s + 1)]
            standing.now_s = end_s - 1
        standing.newest_ns = max(standing.newest_ns, tick.ts_event_ns)
        closed += [self._close_second(second, pulses) for second in range(standing.now_s + 1, end_s + 1)]
        for engine in assets:
            engine.release()
        if closed:
            standing.pulses = {}
        return closed

    def _close_second(self, now_s: int, pulses: tuple[VenuePulse, ...]) -> Closed:
        readings: list[AssetReading] = []
        alerts: list[Alert] = []
        for asset in sorted(self.assets):
            engine = self.assets[asset]
            try:
                second = engine.close_second(now_s)
            except Exception:  # noqa: BLE001 - an asset that fails must not darken all others; it is counted
                self.standing.failed += 1
                engine.memory.world.now_s = now_s
                continue
            if second is None:
                continue
            readings.append(second.reading)
            if second.alert is not None:
                alerts.append(second.alert)
        self.standing.now_s = now_s
        reading = Reading(ts_ns=now_s * NS, partition=self.partition, assets=tuple(readings), pulses=pulses)
        return Closed(reading, alerts)
