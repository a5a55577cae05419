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
from schemas.clock import Tick
from schemas.codec import base_asset
from schemas.instrument import Instrument
from schemas.reading import AssetReading, Reading

LONGEST_SILENCE_S = 3_600
"""A jump in event time beyond this closes only so many seconds: everything has cleared by then."""

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
                    closed += self._tick(event)
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

    def _tick(self, tick: Tick) -> list[Closed]:
        standing, assets = self.standing, list(self.assets.values())
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
            closed += [self._close_second(second, tick) for second in range(standing.now_s + 1, last_s + 1)]
            standing.now_s = end_s - 1
        standing.newest_ns = max(standing.newest_ns, tick.ts_event_ns)
        closed += [self._close_second(second, tick) for second in range(standing.now_s + 1, end_s + 1)]
        for engine in assets:
            engine.release()
        return closed

    def _close_second(self, now_s: int, tick: Tick) -> Closed:
        readings: list[AssetReading] = []
        alerts: list[Alert] = []
        for asset in sorted(self.assets):
            second = self.assets[asset].close_second(now_s)
            if second is None:
                continue
            readings.append(second.reading)
            if second.alert is not None:
                alerts.append(second.alert)
        self.standing.now_s = now_s
        reading = Reading(ts_ns=now_s * NS, partition=self.partition, assets=tuple(readings), pulses=tick.pulses)
        return Closed(reading, alerts)
