"""The market-wide stage: readings of all assets in, a second at a time; conditions of venues and the market out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from detector.calibration.calibrated import Calibration
from detector.composing import Story
from detector.conditions import Condition, Conditions
from detector.config import Config
from detector.context import Context
from detector.data_standing import NOTHING, data_standings, data_vitals, rank
from detector.episodes import Episodes
from detector.label import Labels
from detector.overview import NS, Overview
from detector.pool import Pool
from detector.pulse import Pulse
from detector.rollup import Standing, Watched, market_standing
from detector.sight import OF_THE_MARKET, coverage, dark
from detector.signals import (
    branching,
    breadth,
    clocks,
    feed,
    liquidations_market,
    offbook,
    ourselves,
    venue_words,
    void_venue,
)
from detector.signals.absorption import Coupling
from detector.signals.dislocation_breadth import Apart
from detector.signals.feed import OwnLag
from detector.state import decode_tree, encode_tree
from detector.stats.rolling_median import LONGEST_FREEZE_S
from detector.verdict import ANY, WATCH, Verdict
from detector.vitals import Vitals
from schemas.alert import LEVELS, MARKET, Alert, Coverage, Transition
from schemas.clock import VenuePulse
from schemas.reading import AssetReading, Held, MarketReading, Reading
from schemas.state import MarketState

SIGNALS = (
    branching,
    breadth,
    feed,
    venue_words,
    void_venue,
    liquidations_market,
    offbook,
    clocks,
    ourselves,
)
"""Signals that need all assets and no memory of their own, in the order of their stages."""

HOLE_NS = 60 * NS
"""After a minute in which nothing at all was heard the flow before it says nothing about the one after it."""

EMPTYING_S = 2
"""After a hole a feed that kept what it could not send empties itself within a second or two."""

Output = Transition | Alert


class MarketMemory(msgspec.Struct):
    """Everything that the stage remembers, in one tree that can be saved."""

    config: Config
    conditions: Conditions
    episodes: Episodes
    data: Episodes
    """Of what cannot be seen, by venue; of ourselves."""
    pool: Pool = msgspec.field(default_factory=Pool)
    vitals: Vitals = msgspec.field(default_factory=Vitals)
    labels: Labels = msgspec.field(default_factory=Labels)
    context: Context = msgspec.field(default_factory=Context)
    coupling: Coupling = msgspec.field(default_factory=Coupling)
    apart: Apart = msgspec.field(default_factory=Apart)
    own_lag: OwnLag = msgspec.field(default_factory=OwnLag)
    pulses: dict[str, Pulse] = {}
    of_assets: dict[str, Condition] = {}
    """Conditions of single assets that hold, by `rule|venue|asset`, as their readings told."""
    lost_s: dict[str, int] = {}
    """The last second in which each venue was silent for much longer than usual."""
    heard_s: dict[str, int] = {}
    """The last second of each asset of which conditions are remembered."""
    calibrated_orders: dict[str, float] = {}
    """Orders a second of markets in the calm, by `venue|instrument`; empty without a calibration."""
    heard_ns: int = 0
    """Event time of the newest message of any market."""
    frozen_since_ns: int = 0
    """Since when baselines have stood still; 0 while they do not."""
    now_s: int = 0
    state: MarketState | None = None


class MarketEngine:
    """The stage that sees everything. A second is judged once; one that was judged already is ignored."""

    def __init__(self, config: Config | None = None) -> None:
        config = config or Config()
        known = config.calibration
        self.memory = MarketMemory(
            config=replace(config, calibration=Calibration(known.digest)),
            calibrated_orders=known.usual_orders(),
            conditions=Conditions(config.timing),
            episodes=Episodes(config.timing),
            data=Episodes(replace(config.timing, resolve_s=config.data.resolve_s)),
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
        learn = self._learns()
        self._close_second(assets, (pulse for reading in readings for pulse in reading.pulses), learn)
        view = Overview(memory.config, now_s * NS, assets, memory.pool, memory.pulses)
        memory.context.close_second(now_s, view.readings)
        memory.vitals.close_second(now_s, view, learn)
        verdicts: list[Verdict] = []
        for signal in SIGNALS:
            verdicts.extend(signal.evaluate(view))
        verdicts.extend(memory.apart.evaluate(view))
        verdicts.extend(memory.coupling.evaluate(view, learn))
        verdicts = memory.own_lag.excuse(verdicts, now_s, self._lags())
        if memory.config.off:
            verdicts = [verdict for verdict in verdicts if verdict.rule not in memory.config.off]
        out: list[Output] = list(memory.conditions.observe(verdicts, view.now_ns, view.unheard()))
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

    def _learns(self) -> bool:
        """Whether baselines learn: not at HIGH or above, nor for 15 minutes after, but again if that lasts."""
        memory, now_ns = self.memory, self.memory.now_s * NS
        if not memory.episodes.frozen(MARKET, now_ns):
            memory.frozen_since_ns = 0
            return True
        memory.frozen_since_ns = memory.frozen_since_ns or now_ns
        return now_ns - memory.frozen_since_ns >= LONGEST_FREEZE_S * NS

    def _lags(self) -> bool:
        """Whether our own lag is a condition that holds."""
        condition = self.memory.conditions.tracked.get(f"{ourselves.LOCAL}|{MARKET}|{ANY}")
        return condition is not None and condition.active

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
            if len(asset.held) == len(asset.holding):
                for key, held in zip(asset.holding, asset.held, strict=True):
                    self._put_right(key, held)
        of_asset = {asset.asset: asset.holding for asset in assets}
        for key in [key for key, c in holding.items() if c.asset in of_asset and key not in of_asset[c.asset]]:
            del holding[key]  # its end was told to nobody: a worker began anew without a state
        self.memory.heard_s.update(dict.fromkeys(of_asset, self.memory.now_s))

    def _put_right(self, key: str, held: Held) -> None:
        """Who began anew in the middle, or missed a change, learns from what holds; its numbers were told once."""
        known, severity = self.memory.of_assets.get(key), LEVELS.index(held.severity)
        if known is not None and known.severity == severity:
            return
        rule, venue, asset = key.split("|")
        self.memory.of_assets[key] = Condition(
            rule,
            held.stage,
            venue,
            asset,
            severity=severity,
            direction=held.direction,
            since_ns=held.since_ns,
            evidence=known.evidence if known is not None else (),
        )

    def _forget_the_unheard(self) -> None:
        """What nobody speaks of is not over; but after a quarter of an hour it is no evidence either."""
        memory = self.memory
        last_s = memory.now_s - memory.config.timing.resolve_s
        for key in [key for key, c in memory.of_assets.items() if memory.heard_s.get(c.asset, 0) < last_s]:
            del memory.of_assets[key]

    def _close_second(self, assets: Sequence[AssetReading], pulses: Iterable[VenuePulse], learn: bool) -> None:
        memory, now_s = self.memory, self.memory.now_s
        for told in pulses:
            memory.pulses.setdefault(told.venue, Pulse()).take(told)
        limits = memory.config.withdrawal
        for venue, pulse in memory.pulses.items():
            line_ns = pulse.line_ns(limits.blind_s, limits.blind_pauses)
            pulse.close_second(now_s, line_ns)
            if pulse.is_lost(now_s, line_ns):
                memory.lost_s[venue] = now_s
        if self._in_hole(assets):
            return
        emptying = {venue for venue, last_s in memory.lost_s.items() if now_s - last_s <= EMPTYING_S}
        markets = [market for asset in assets for market in asset.markets if market.venue not in emptying]
        if emptying and not markets:
            return  # what nobody heard was no calm, and what comes of it at once is no burst
        memory.pool.close_second(
            now_s,
            sum(market.buy_orders for market in markets),
            sum(market.sell_orders for market in markets),
            learn,
            self._stand_in(markets),
        )

    def _in_hole(self, assets: Sequence[AssetReading]) -> bool:
        """Whether nothing at all has been heard for a minute, and three of the usual pauses of the liveliest venue; the
        pool begins anew in such a hole and after it.
        """
        memory, limits = self.memory, self.memory.config.withdrawal
        before_ns, now_ns = memory.heard_ns, memory.now_s * NS
        newest_ns = max((market.last_event_ns for asset in assets for market in asset.markets), default=0)
        newest_ns = memory.heard_ns = max(newest_ns, before_ns)
        longest_ns = max(now_ns - newest_ns, newest_ns - before_ns)
        if not before_ns or longest_ns <= HOLE_NS:
            return False
        lines = [pulse.line_ns(limits.blind_s, limits.blind_pauses) for pulse in memory.pulses.values()]
        if longest_ns <= min((line_ns for line_ns in lines if line_ns is not None), default=0):
            return False
        if memory.pool.seconds or newest_ns > before_ns:
            memory.pool.restart(memory.now_s)
        return newest_ns <= before_ns

    def _stand_in(self, markets: Sequence[MarketReading]) -> float | None:
        """The usual pooled rate by the calibration of those that speak; None once it was learnt here, and where one of
        them is not calibrated.

        A sum of means is the mean of the sum, which lies above its median: in doubt less is a burst.
        """
        memory = self.memory
        if not memory.calibrated_orders or memory.pool.usual_rate.value is not None:
            return None
        found = [memory.calibrated_orders.get(f"{market.venue}|{market.instrument}") for market in markets]
        known = [rate for rate in found if rate is not None]
        return sum(known) if known and len(known) == len(found) else None

    def _judge(self, view: Overview, verdicts: Sequence[Verdict], missing: tuple[int, ...]) -> list[Output]:
        memory = self.memory
        active, watched = self.active(), view.assets_watched()
        # Assets that were ever heard: that a partition is missing makes three of the rest no larger a share.
        standing = market_standing(active, Watched(watched, len(memory.heard_s)), memory.config)
        episode = memory.episodes.by_scope.get(MARKET)
        goes_on = episode is not None and memory.episodes.goes_on(MARKET, view.now_ns)
        memory.labels.close_second(
            view, shocked=standing.level >= WATCH, episode_id=episode.episode_id if episode and goes_on else ""
        )
        if (label := memory.labels.read()) is not None and label.cause != "undecided":
            standing = standing._replace(cause=label.cause)
        out: list[Output] = []
        seen = None
        if active or memory.episodes.by_scope or memory.data.by_scope:
            sighted = {rule for asset in view.assets for rule in asset.sighted}
            sighted.update(verdict.rule for verdict in verdicts if verdict.known)
            told = seen = coverage(OF_THE_MARKET, sighted, view.assets, dark(active))
            alert = memory.episodes.observe(MARKET, standing, lambda: self._story(view, told), view.now_ns)
            out += [alert] if alert is not None else []
            out += self._judge_data(view, data_standings(active, watched, memory.config.data), told)
        memory.state = self._state(standing, seen, missing)
        return out

    def _judge_data(self, view: Overview, standings: Mapping[str, Standing], seen: Coverage) -> Iterator[Alert]:
        """What is told about venues' data and our own, while the market's own story goes on beside it."""
        data = self.memory.data
        for scope in sorted({*standings, *data.by_scope}, key=rank):
            story = partial(self._data_story, view, seen, scope)
            alert = data.observe(scope, standings.get(scope, NOTHING), story, view.now_ns)
            if alert is not None:
                yield alert

    def _data_story(self, view: Overview, seen: Coverage, scope: str) -> Story:
        return Story(config=self.memory.config, coverage=seen, vitals=data_vitals(view, scope))

    def _story(self, view: Overview, seen: Coverage) -> Story:
        memory = self.memory
        return Story(
            config=memory.config,
            coverage=seen,
            vitals=memory.vitals.tell(view),
            label=memory.labels.read(),
            context=memory.context.tell(view.readings(), view.branching),
        )

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
