"""The market-wide stage: readings of all assets in, a second at a time; conditions of venues and the market out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from detector.conditions import Condition, Conditions
from detector.config import Config
from detector.episodes import Episodes
from detector.overview import NS, Overview
from detector.pool import Pool
from detector.pulse import Pulse
from detector.rollup import Standing, market_standing
from detector.sight import OF_THE_MARKET, coverage
from detector.signals import (
    branching,
    breadth,
    dislocation_breadth,
    feed,
    liquidations_market,
    offbook,
    void_venue,
)
from detector.state import decode_tree, encode_tree
from detector.verdict import Verdict
from schemas.alert import LEVELS, MARKET, Alert, Coverage, Transition
from schemas.clock import VenuePulse
from schemas.reading import AssetReading, Reading
from schemas.state import MarketState

SIGNALS = (branching, breadth, feed, dislocation_breadth, void_venue, liquidations_market, offbook)
"""Signals that need all assets, in the order of their stages."""

Output = Transition | Alert


class MarketMemory(msgspec.Struct):
    """Everything that the stage remembers, in one tree that can be saved."""

    config: Config
    conditions: Conditions
    episodes: Episodes
    pool: Pool = msgspec.field(default_factory=Pool)
    pulses: dict[str, Pulse] = {}
    of_assets: dict[str, Condition] = {}
    """Conditions of single assets that hold, by `rule|venue|asset`, as their readings told."""
    heard_s: dict[str, int] = {}
    """The last second of each asset of which conditions are remembered."""
    now_s: int = 0
    state: MarketState | None = None


class MarketEngine:
    """The stage that sees everything. A second is judged once; one that was judged already is ignored."""

    def __init__(self, config: Config | None = None) -> None:
        config = config or Config()
        self.memory = MarketMemory(
            config=config, conditions=Conditions(config.timing), episodes=Episodes(config.timing)
        )

    def observe(self, readings: Sequence[Reading], missing: tuple[int, ...] = ()) -> list[Output]:
        """Judge a second, given its reading of every partition; `missing` are partitions that nobody waits for."""
        memory = self.memory
        now_s = readings[0].ts_ns // NS
        if now_s <= memory.now_s:
            return []
        memory.now_s = now_s
        assets = sorted((asset for reading in readings for asset in reading.assets), key=lambda asset: asset.asset)
        self._take_changes(assets)
        self._forget_the_unheard()
        self._close_second(assets, (pulse for reading in readings for pulse in reading.pulses))
        view = Overview(memory.config, now_s * NS, assets, memory.pool, memory.pulses)
        verdicts: list[Verdict] = []
        for signal in SIGNALS:
            verdicts.extend(signal.evaluate(view))
        out: list[Output] = list(memory.conditions.observe(verdicts, view.now_ns))
        return out + self._judge(view, verdicts, missing)

    def catch_up(self, reading: Reading) -> None:
        """Take a reading whose second was judged without it: its conditions began or ended all the same."""
        self._take_changes(reading.assets)

    def active(self) -> list[Condition]:
        """Conditions that hold now, of assets, venues and the market, in a fixed order."""
        everywhere = [*self.memory.of_assets.values(), *self.memory.conditions.active()]
        return sorted(everywhere, key=lambda c: (c.stage, c.rule, c.venue, c.asset))

    def snapshot(self) -> bytes:
        """The whole state, to be restored by a stage of the same version."""
        return encode_tree(self.memory)

    def restore(self, data: bytes) -> None:
        """Continue exactly where `snapshot` was taken; raises `StateError` for another version's state."""
        self.memory = decode_tree(data, MarketMemory)

    def _take_changes(self, assets: Sequence[AssetReading]) -> None:
        holding = self.memory.of_assets
        for asset in assets:
            for change in asset.changes:
                key = f"{change.rule}|{change.venue}|{change.asset}"
                if change.active:
                    holding[key] = Condition(
                        change.rule,
                        change.stage,
                        change.venue,
                        change.asset,
                        severity=LEVELS.index(change.severity),
                        direction=change.direction,
                        since_ns=change.since_ns,
                        evidence=change.evidence,
                    )
                else:
                    holding.pop(key, None)
        of_asset = {asset.asset: asset.holding for asset in assets}
        for key in [key for key, c in holding.items() if c.asset in of_asset and key not in of_asset[c.asset]]:
            del holding[key]  # its end was told to nobody: a worker began anew without a state
        self.memory.heard_s.update(dict.fromkeys(of_asset, self.memory.now_s))

    def _forget_the_unheard(self) -> None:
        """What nobody speaks of is not over; but after a quarter of an hour it is no evidence either."""
        memory = self.memory
        last_s = memory.now_s - memory.config.timing.resolve_s
        for key in [key for key, c in memory.of_assets.items() if memory.heard_s.get(c.asset, 0) < last_s]:
            del memory.of_assets[key]

    def _close_second(self, assets: Sequence[AssetReading], pulses: Iterable[VenuePulse]) -> None:
        memory, now_s = self.memory, self.memory.now_s
        for told in pulses:
            memory.pulses.setdefault(told.venue, Pulse()).take(told)
        for pulse in memory.pulses.values():
            pulse.close_second(now_s)
        markets = [market for asset in assets for market in asset.markets]
        memory.pool.close_second(
            now_s,
            sum(market.buy_orders for market in markets),
            sum(market.sell_orders for market in markets),
            not memory.episodes.frozen(MARKET, now_s * NS),
        )

    def _judge(self, view: Overview, verdicts: Sequence[Verdict], missing: tuple[int, ...]) -> list[Output]:
        memory = self.memory
        active = self.active()
        standing = market_standing(active, view.assets_watched(), memory.config.majors)
        alert, seen = None, None
        if active or memory.episodes.by_scope:
            sighted = {rule for asset in view.assets for rule in asset.sighted}
            sighted.update(verdict.rule for verdict in verdicts if verdict.known)
            seen = coverage(OF_THE_MARKET, sighted, view.assets)
            alert = memory.episodes.observe(MARKET, standing, seen, view.now_ns)
        memory.state = self._state(standing, seen, missing)
        return [alert] if alert is not None else []

    def _state(self, standing: Standing, seen: Coverage | None, missing: tuple[int, ...]) -> MarketState:
        memory = self.memory
        episode = memory.episodes.by_scope.get(MARKET)
        told = episode if episode is not None and not episode.resolved else None
        return MarketState(
            ts_ns=memory.now_s * NS,
            level=LEVELS[told.level] if told is not None else "CLEAR",
            stages=standing.stages,
            direction=standing.direction,
            since_ns=told.since_ns if told is not None else None,
            episode_id=told.episode_id if told is not None else "",
            coverage=seen,
            missing_partitions=missing,
        )
