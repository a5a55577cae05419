"""The detector of one asset: all of its markets on all venues, its conditions and its episode.

Assets do not know each other. What an asset must know of the rest of the market (whether a venue still trades, what a
quote currency is worth, which second is over) comes with the ticks of the stream, so that its alerts do not depend on
which other assets share its process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from detector.composing import Story
from detector.conditions import Conditions
from detector.config import Config
from detector.discount import perp_discount
from detector.duplicates import Duplicates
from detector.episodes import Episodes
from detector.estimates import refresh
from detector.market import Market
from detector.ordering import NS, Reorder
from detector.overview import liquidated
from detector.readout import read_market
from detector.rollup import asset_standing
from detector.sight import OF_AN_ASSET, coverage
from detector.signals import (
    adl_hazard,
    asset_move,
    book_faults,
    deleveraging,
    depth,
    liquidations,
    makers,
    open_interest,
    void,
)
from detector.signals.dislocation import Dislocations
from detector.signals.pegs import Pegs
from detector.signals.recovery import Recoveries
from detector.signals.staked import Staked
from detector.state import decode_state, encode_state
from detector.stats.middle import middle
from detector.stats.rolling_median import LONGEST_FREEZE_S
from detector.verdict import HIGH, WARN, Verdict
from detector.vitals import asset_vitals
from detector.world import World, key_of
from schemas.alert import MARKET, Alert, Transition
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick
from schemas.health import Gap, SelfCheck, VenueStatus
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    AdlState,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    Trade,
)
from schemas.reading import AssetReading

STATELESS = (asset_move, liquidations, open_interest, depth, makers, void, deleveraging, adl_hazard, book_faults)
"""Signals without a memory of their own, in the order of their stages."""

LONGEST_PAUSE_S = 60
"""A venue that traded nowhere for a minute is not being seen: its prices are unknown, its silence is no baseline."""

REMEMBERED_NS = 5 * NS
"""A pause is remembered for longer than a hole in trade ids needs to settle."""

STREAMED = frozenset({Trade, BookDelta, BookTop, Liquidation})
"""What comes as it happens. Anything else may be an answer to a repeated call, about a moment of any age."""

SHOCKING = frozenset({"S2", "S4", "S6"})
"""Stages whose conditions are no time to learn what is usual. A thin book is not among them: makers who leave for good
make a new usual."""


class AssetMemory(msgspec.Struct):
    """Everything that is remembered about an asset, in one tree that can be saved."""

    asset: str
    world: World
    conditions: Conditions
    episodes: Episodes
    dislocations: Dislocations
    pegs: Pegs
    staked: Staked = msgspec.field(default_factory=Staked)
    recoveries: Recoveries = msgspec.field(default_factory=Recoveries)
    duplicates: Duplicates = msgspec.field(default_factory=Duplicates)
    shocked_ns: int = 0
    """The last second in which the asset's own move or conditions were those of a shock."""
    frozen_since_ns: int = 0
    """Since when baselines have stood still; 0 while they do not."""
    dropped: dict[str, int] = {}
    """Events that could not be used, by reason."""
    events: int = 0
    """What markets said and was applied; definitions and gaps are not counted."""


class Second(NamedTuple):
    """What one second of an asset gave."""

    reading: AssetReading
    alert: Alert | None


class AssetEngine:
    """One asset. `feed` takes events, `close_second` ends a second; nothing is said in between."""

    def __init__(self, asset: str, config: Config, now_s: int = 0) -> None:
        config, timing = replace(config, calibration=config.calibration.of_asset(asset)), config.timing
        self.memory = AssetMemory(
            asset=asset,
            world=World(config, now_s=now_s),
            conditions=Conditions(timing),
            episodes=Episodes(timing),
            dislocations=Dislocations(),
            pegs=Pegs(),
        )
        self.order = Reorder(timing.lateness_ms * 1_000_000, timing.future_ms * 1_000_000)
        self._handlers: dict[type[Event], Callable[[Market, Any, int], None]] = {
            Trade: self._trade,
            BookDelta: self._delta,
            BookSnapshot: self._snapshot,
            BookTop: self._top,
            Liquidation: self._liquidation,
            Adl: self._adl,
            DerivativeState: self._derivative,
            OpenInterest: self._open_interest,
            AdlState: self._adl_state,
            Insurance: self._insurance,
        }

    # Inputs

    def feed(self, event: Event, producer: str = "") -> None:
        """Take an event as received; `producer` tells the copies of two producers of one venue apart."""
        if producer and not self.memory.duplicates.fresh(event, producer):
            return
        for ts_ns, due in self.order.take(event):
            self._apply(due, ts_ns)

    def tick(self, tick: Tick) -> None:
        """Take what the stream's clock says. Seconds that are over are closed first."""
        self.order.tick(tick.ts_event_ns)
        world = self.memory.world
        for pulse in tick.pulses:
            world.last_trades[pulse.venue] = max(pulse.last_trade_ns, world.last_trades.get(pulse.venue, 0))
            if pulse.pause_ends_ns or pulse.venue in world.pauses:
                ends = (*world.pauses.get(pulse.venue, ()), *pulse.pause_ends_ns)
                world.pauses[pulse.venue] = tuple(end for end in ends if end > tick.ts_event_ns - REMEMBERED_NS)
        world.tell_dollars(tick.dollars, tick.ts_event_ns)

    def release(self) -> None:
        """Apply what the clock has made due."""
        for ts_ns, due in self.order.release():
            self._apply(due, ts_ns)

    def close_second(self, now_s: int) -> Second | None:
        """Close the second that ends at `now_s`; None where it is closed already, or no market has ever spoken."""
        memory, world = self.memory, self.memory.world
        if now_s <= world.now_s:
            return None
        for ts_ns, due in self.order.until(now_s * NS):
            self._apply(due, ts_ns)
        world.now_s = now_s
        if not world.markets:
            return None
        learn = self._learns()
        heard_ns = world.now_ns - LONGEST_PAUSE_S * NS
        for market in world.markets.values():
            if market.trading.ids.holes:
                market.trading.ids.forgive(world.pauses.get(market.venue, ()))
            market.close_second(now_s, learn, alive=world.last_trades.get(market.venue, 0) > heard_ns)
        world.note_quiet()
        refresh(world, LONGEST_PAUSE_S)
        verdicts: list[Verdict] = []
        for signal in STATELESS:
            verdicts.extend(signal.evaluate(world))
        verdicts.extend(memory.dislocations.evaluate(world, learn))
        verdicts.extend(memory.pegs.evaluate(world))
        verdicts.extend(memory.staked.evaluate(world, learn))
        recovering = memory.recoveries.evaluate(
            world,
            memory.dislocations.usual,
            memory.dislocations.apart,
            shocked_ns=memory.shocked_ns,
            frozen_since_ns=memory.frozen_since_ns,
            learn=learn,
        )
        verdicts.extend(recovering)
        if world.config.off:
            verdicts = [verdict for verdict in verdicts if verdict.rule not in world.config.off]
        unheard = world.unheard() if memory.conditions.tracked else frozenset()
        changes = memory.conditions.observe(verdicts, world.now_ns, unheard)
        reading = self._read(changes, verdicts)
        return Second(reading, self._judge(reading))

    # State

    def snapshot(self) -> bytes:
        """The whole state, to be restored by an engine of the same version."""
        return encode_state(self.memory, self.order.dump())

    @classmethod
    def restored(cls, data: bytes) -> AssetEngine:
        """Continue exactly where `snapshot` was taken; raises `StateError` for another version's state."""
        memory, waiting = decode_state(data, AssetMemory)
        engine = cls(memory.asset, memory.world.config)
        engine.memory = memory
        engine.order.load(waiting)
        return engine

    # One second

    def _learns(self) -> bool:
        """Whether baselines learn: not in a shock or an episode, nor for 15 minutes after, but again if that lasts."""
        memory, now_ns = self.memory, self.memory.world.now_ns
        until_ns = memory.shocked_ns + memory.world.config.timing.resolve_s * NS
        shocked = memory.shocked_ns > 0 and now_ns < until_ns
        if not shocked and not memory.episodes.frozen(memory.asset, now_ns):
            memory.frozen_since_ns = 0
            return True
        memory.frozen_since_ns = memory.frozen_since_ns or now_ns
        return now_ns - memory.frozen_since_ns >= LONGEST_FREEZE_S * NS

    def _read(self, changes: list[Transition], verdicts: list[Verdict]) -> AssetReading:
        memory, world = self.memory, self.memory.world
        limits = world.config.deleveraging
        markets = tuple(read_market(market, world.now_ns, limits) for market in world.of_asset(memory.asset))
        holding = sorted([key for key, c in memory.conditions.tracked.items() if c.active])
        reading = AssetReading(
            asset=memory.asset,
            markets=markets,
            liquidated=liquidated(markets),
            perp_discount=perp_discount(world, memory.asset),
            dislocation=memory.dislocations.lasting.get(memory.asset),
            words=tuple(world.words[key] for key in sorted(world.words)),
            changes=tuple(changes),
            sighted=_in_order(frozenset([verdict.rule for verdict in verdicts if verdict.known])),
            holding=tuple(holding),
            held=tuple([memory.conditions.tracked[key].held() for key in holding]),
        )
        if self._is_shocked(reading):
            memory.shocked_ns = world.now_ns
        return reading

    def _is_shocked(self, reading: AssetReading) -> bool:
        """Whether the asset as a whole moves beyond the line of breadth, or a condition of its own says so. What has no
        baseline yet must get one first.
        """
        memory, shock = self.memory, self.memory.world.config.shock
        warm = [(m.move_60s or 0.0, m.sigma) for m in reading.markets if m.sigma is not None]
        if not warm:
            return False
        size = abs(middle([move for move, _ in warm]))
        if size >= shock.breadth_move:
            sigma = middle([sigma for _, sigma in warm])
            if size >= shock.breadth_sigma * max(sigma, shock.sigma_floor):
                return True
        return any(c.severity >= WARN and c.stage in SHOCKING for c in memory.conditions.tracked.values())

    def _judge(self, reading: AssetReading) -> Alert | None:
        memory = self.memory
        told = memory.episodes.goes_on(memory.asset, memory.world.now_ns)
        if not told and not memory.conditions.tracked:
            return None
        active = memory.conditions.active()
        standing = asset_standing(memory.asset, active)
        if not told and standing.level < HIGH:
            return None
        return memory.episodes.observe(memory.asset, standing, lambda: self._story(reading), memory.world.now_ns)

    def _story(self, reading: AssetReading) -> Story:
        memory = self.memory
        dark = [f"{venue}: nothing is heard" for venue in sorted(memory.world.unheard()) if venue != MARKET]
        return Story(
            config=memory.world.config,
            coverage=coverage(OF_AN_ASSET, reading.sighted, (reading,), dark),
            vitals=asset_vitals(memory.world.of_asset(memory.asset)),
        )

    # One event

    def _apply(self, event: Event, now_ns: int) -> None:
        memory = self.memory
        handler = self._handlers.get(type(event))
        if handler is None:
            if isinstance(event, Instrument):
                memory.world.define(event)
            elif isinstance(event, Gap):
                self._gap(event)
            elif isinstance(event, VenueStatus | SelfCheck):
                memory.world.hear(event, now_ns)
            return
        if event.instrument == EVERY_INSTRUMENT:
            for behind in memory.world.of_venue(event.venue):  # one fund stands behind all of them
                handler(behind, event, now_ns)
            return
        key = key_of(event.venue, event.instrument)
        market = memory.world.markets.get(key) or memory.world.awaken(key)
        if market is None:
            self._drop("unknown_instrument")
            return
        if type(event) is BookSnapshot and event.keyframe:
            market.ensure_book().on_keyframe(event)
            return
        memory.events += 1
        market.delay.on_event(event.ts_event_ns, event.ts_recv_ns, now_ns, type(event) in STREAMED)
        handler(market, event, now_ns)

    def _drop(self, reason: str) -> None:
        self.memory.dropped[reason] = self.memory.dropped.get(reason, 0) + 1

    def _trade(self, market: Market, event: Trade, now_ns: int) -> None:
        if not event.price > 0:
            self._drop("price_not_positive")
            return
        if event.print == "market":
            market.trading.on_trade(event, now_ns)
        else:
            market.trading.on_offbook(event, now_ns)

    def _delta(self, market: Market, event: BookDelta, now_ns: int) -> None:
        market.ensure_book().on_delta(event)

    def _snapshot(self, market: Market, event: BookSnapshot, now_ns: int) -> None:
        market.ensure_book().on_snapshot(event)

    def _top(self, market: Market, event: BookTop, now_ns: int) -> None:
        market.quotes.on_top(event)

    def _liquidation(self, market: Market, event: Liquidation, now_ns: int) -> None:
        market.forced.on_liquidation(event, now_ns)

    def _adl(self, market: Market, event: Adl, now_ns: int) -> None:
        market.forced.on_adl(event, now_ns)

    def _derivative(self, market: Market, event: DerivativeState, now_ns: int) -> None:
        market.forced.on_derivative(event)

    def _open_interest(self, market: Market, event: OpenInterest, now_ns: int) -> None:
        market.forced.on_open_interest(event)

    def _adl_state(self, market: Market, event: AdlState, now_ns: int) -> None:
        market.forced.on_adl_state(event, now_ns)

    def _insurance(self, market: Market, event: Insurance, now_ns: int) -> None:
        market.forced.on_insurance(event, now_ns)

    def _gap(self, event: Gap) -> None:
        world = self.memory.world
        if event.instrument == EVERY_INSTRUMENT:
            markets = world.of_venue(event.venue)
        else:
            market = world.markets.get(key_of(event.venue, event.instrument))
            markets = [market] if market is not None else []
        for market in markets:
            if event.channel in ("book", "all"):
                market.quotes.on_gap()
            if event.channel in ("trade", "all"):
                market.trading.ids.forget()


@lru_cache(maxsize=4096)
def _in_order(rules: frozenset[str]) -> tuple[str, ...]:
    """What could be seen is the same in most seconds, and of most assets."""
    return tuple(sorted(rules))
