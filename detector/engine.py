"""The engine: events in, transitions and alerts out. Pure: it reads no clock and does no I/O.

`feed` takes events in any order within the allowed lateness; every whole second of event time closes all bars, asks all
signals, steps all conditions, and rolls them up. The same events give the same outputs, whole or in chunks, in one
process or
after `restore(snapshot())` in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from detector.conditions import Conditions
from detector.config import Config, Timing
from detector.episodes import Episodes
from detector.market import Market
from detector.ordering import Reorder
from detector.rollup import asset_standing, market_standing
from detector.sight import coverage
from detector.signals import (
    asset_move,
    branching,
    breadth,
    deleveraging,
    depth,
    feed,
    liquidations,
    open_interest,
    void,
)
from detector.signals.dislocation import Dislocations
from detector.signals.pegs import Pegs
from detector.state import decode_state, encode_state
from detector.verdict import HIGH, Verdict
from detector.world import NS, World, key_of
from schemas.alert import MARKET, Alert, Transition
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import Adl, BookDelta, BookSnapshot, BookTop, DerivativeState, Liquidation, OpenInterest, Trade

Output = Transition | Alert

STATELESS = (branching, breadth, asset_move, liquidations, open_interest, depth, feed, void, deleveraging)
"""Signals without a memory of their own, in the order of their stages."""

LONGEST_PAUSE_S = 60
"""A venue that traded nowhere for a minute is not being seen: its prices are unknown, its silence is no baseline."""

LONGEST_SILENCE_S = 3_600
"""A jump in event time beyond this closes only so many seconds: everything has cleared by then."""


class Memory(msgspec.Struct):
    """Everything that the engine remembers, in one tree that can be saved."""

    world: World
    conditions: Conditions
    episodes: Episodes
    dislocations: Dislocations
    pegs: Pegs
    dropped: dict[str, int] = {}
    """Events that could not be used, by reason."""
    events: int = 0
    first_ns: int = 0
    """Event time of the first second that was closed."""


class Engine:
    """One detector over any number of markets."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        timing = self.config.timing
        self.memory = Memory(
            world=World(self.config),
            conditions=Conditions(timing),
            episodes=Episodes(timing),
            dislocations=Dislocations(),
            pegs=Pegs(),
        )
        self.order = _reorder(timing)
        self._handlers: dict[type[Event], Callable[[Market, Any, int], None]] = {
            Trade: self._trade,
            BookDelta: self._delta,
            BookSnapshot: self._snapshot,
            BookTop: self._top,
            Liquidation: self._liquidation,
            Adl: self._adl,
            DerivativeState: self._derivative,
            OpenInterest: self._open_interest,
        }

    # Inputs

    def feed(self, events: Iterable[Event]) -> list[Output]:
        """Take events as received; return what follows from those that are now in order."""
        out: list[Output] = []
        world = self.memory.world
        for ts_ns, event in self.order.take(events):
            if ts_ns >= world.now_ns + NS:
                self._close_seconds(ts_ns, out)
            self._apply(event, ts_ns)
        return out

    def tick(self, now_ns: int) -> list[Output]:
        """Let time pass without events, so that silence can be seen; `now_ns` is event time."""
        out: list[Output] = []
        world = self.memory.world
        for ts_ns, event in self.order.advance(now_ns):
            if ts_ns >= world.now_ns + NS:
                self._close_seconds(ts_ns, out)
            self._apply(event, ts_ns)
        if world.now_s:
            self._close_seconds(self.order.released_ns, out)
        return out

    def finish(self) -> list[Output]:
        """Release what still waits for the lateness: the input has ended."""
        self.order.end()
        return self.tick(self.order.newest_ns + self.order.lateness_ns + 1)  # the newest event itself goes too

    # State

    def snapshot(self) -> bytes:
        """The whole state, to be restored by an engine of the same version."""
        return encode_state(self.memory, self.order.dump())

    def restore(self, data: bytes) -> None:
        """Continue exactly where `snapshot` was taken; raises `StateError` for another version's state."""
        memory, waiting = decode_state(data, Memory)
        order = _reorder(memory.world.config.timing)
        order.load(waiting)
        self.memory, self.order, self.config = memory, order, memory.world.config

    # One second

    def _close_seconds(self, until_ns: int, out: list[Output]) -> None:
        world = self.memory.world
        end_s = until_ns // NS
        if not world.now_s:
            world.now_s = end_s
            self.memory.first_ns = world.now_ns
            return
        if end_s - world.now_s > LONGEST_SILENCE_S:
            last_s = world.now_s + LONGEST_SILENCE_S
            while world.now_s < last_s:
                self._close_second(out)
            world.now_s = end_s - 1
        while world.now_s < end_s:
            self._close_second(out)

    def _close_second(self, out: list[Output]) -> None:
        memory, world = self.memory, self.memory.world
        world.now_s += 1
        now_s, now_ns = world.now_s, world.now_ns
        learn = not memory.episodes.frozen(MARKET, now_ns)
        buys = sells = 0
        for market in world.markets.values():
            alive = now_ns - world.pulses[market.venue].last_ns < LONGEST_PAUSE_S * NS
            market.close_second(now_s, learn and not memory.episodes.frozen(market.asset, now_ns), alive)
            buys += market.trading.last_orders[0]
            sells += market.trading.last_orders[1]
        for pulse in world.pulses.values():
            pulse.close_second(now_s)
        world.pool.close_second(now_s, buys, sells, learn)
        verdicts: list[Verdict] = []
        for signal in STATELESS:
            verdicts.extend(signal.evaluate(world))
        verdicts.extend(memory.dislocations.evaluate(world, learn))
        verdicts.extend(memory.pegs.evaluate(world))
        out.extend(memory.conditions.observe(verdicts, now_ns))
        self._roll_up(verdicts, now_ns, out)

    def _roll_up(self, verdicts: list[Verdict], now_ns: int, out: list[Output]) -> None:
        memory = self.memory
        active = memory.conditions.active()
        if not active and not memory.episodes.by_scope:
            return
        seen = coverage(memory.world, verdicts)
        market = market_standing(active, memory.world.assets_watched(), self.config.majors)
        alert = memory.episodes.observe(MARKET, market, seen, now_ns)
        if alert is not None:
            out.append(alert)
        episodes = memory.episodes.by_scope
        assets = {c.asset for c in active if c.asset in memory.world.by_asset} | (set(episodes) - {MARKET})
        for asset in sorted(assets):
            standing = asset_standing(asset, active)
            if asset not in episodes and (standing.level < HIGH or market.level >= min(HIGH, standing.level)):
                continue  # told as part of the market's story
            alert = memory.episodes.observe(asset, standing, seen, now_ns)
            if alert is not None:
                out.append(alert)

    # One event

    def _apply(self, event: Event, now_ns: int) -> None:
        memory = self.memory
        memory.events += 1
        kind = type(event)
        handler = self._handlers.get(kind)
        if handler is None:
            if isinstance(event, Instrument):
                memory.world.define(event)
            elif isinstance(event, Gap):
                self._gap(event)
            return
        key = key_of(event.venue, event.instrument)
        market = memory.world.markets.get(key) or memory.world.awaken(key)
        if market is None:
            memory.dropped["unknown_instrument"] = memory.dropped.get("unknown_instrument", 0) + 1
            return
        market.delay.on_event(event.ts_event_ns, event.ts_recv_ns, now_ns)
        handler(market, event, now_ns)

    def _trade(self, market: Market, event: Trade, now_ns: int) -> None:
        pulse = self.memory.world.pulses[event.venue]
        pulse.on_trade(now_ns)
        if event.print == "market":
            market.trading.on_trade(event, now_ns, pulse.pause_end_ns)
        else:
            market.trading.on_offbook(event, pulse.pause_end_ns)

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

    def _gap(self, event: Gap) -> None:
        world = self.memory.world
        if event.instrument == EVERY_INSTRUMENT:
            markets: Sequence[Market] = world.of_venue(event.venue)
        else:
            market = world.markets.get(key_of(event.venue, event.instrument))
            markets = [market] if market is not None else []
        for market in markets:
            if event.channel in ("book", "all"):
                market.quotes.on_gap()
            if event.channel in ("trade", "all"):
                market.trading.ids.forget()


def _reorder(timing: Timing) -> Reorder:
    return Reorder(timing.lateness_ms * 1_000_000, timing.future_ms * 1_000_000)
