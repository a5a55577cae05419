"""Markets made for a test: instruments, what they say, and a world driven second by second."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from detector.asset import LONGEST_PAUSE_S, REMEMBERED_NS
from detector.config import Config
from detector.engine import Engine
from detector.estimates import refresh
from detector.market import Market
from detector.overview import Overview
from detector.pool import Pool
from detector.pulse import Pulse
from detector.readout import read_market
from detector.signals.dislocation import Dislocations
from detector.stats.rolling_median import RollingMedian
from detector.verdict import Verdict
from detector.world import NS, World, key_of
from producers.ticker.pulses import PAUSE_NS
from schemas.base import Event
from schemas.clock import VenuePulse
from schemas.health import Channel
from schemas.instrument import Contract, Instrument, Kind, canonical_id
from schemas.market import (
    Adl,
    BookDelta,
    BookSnapshot,
    DerivativeState,
    Liquidation,
    OpenInterest,
    Position,
    Print,
    Side,
    Trade,
)
from schemas.reading import AssetReading

START_S = 1_760_000_400
"""When every scene begins: a whole minute, and a whole ten minutes."""

Rungs = Sequence[tuple[float | str, float | str]]
"""Book levels: price and quantity in lots; strings as a venue wrote them."""


def instrument(
    base: str = "BTC",
    *,
    venue: str = "binance-usdm",
    quote: str = "USDT",
    market: Kind = "perp",
    contract: Contract = "linear",
    contract_value: float | None = 1.0,
) -> Instrument:
    """The definition of a market, by default one whose lot is one coin."""
    return Instrument(
        venue=venue,
        instrument=canonical_id(base, quote, market, "20261225" if market == "future" else None),
        ts_event_ns=0,
        ts_recv_ns=0,
        symbol=base + quote,
        base=base,
        quote=quote,
        market=market,
        contract="spot" if market == "spot" else contract,
        contract_value=contract_value,
    )


def levels(rungs: Rungs) -> msgspec.Raw:
    """Book levels as venues write them: strings without exponents, of ten digits at most."""
    return msgspec.Raw(msgspec.json.encode([[_plain(price), _plain(qty)] for price, qty in rungs]))


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{Decimal(f'{value:.10g}'):f}"


def ladder(
    mid: float, *, usd: float, step: float = 0.001, reach: float = 0.025
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Bids and asks every `step` of mid out to `reach`, each worth `usd`; the best prices are half a step away."""
    away = [(number + 0.5) * step for number in range(round(reach / step))]
    bids = [(mid * (1 - distance), usd / (mid * (1 - distance))) for distance in away]
    asks = [(mid * (1 + distance), usd / (mid * (1 + distance))) for distance in away]
    return bids, asks


class Scene:
    """Markets that a test tells events to and closes second by second, as the engine does: those of all assets in one
    world, with the pooled flow and the venues' pulses beside it.

    `now_ns` is the end of the last closed second; an event happens in the second after it, `after_ms` into it.
    """

    def __init__(self, *instruments: Instrument, config: Config | None = None) -> None:
        self.world = World(config or Config(), now_s=START_S)
        for definition in instruments:
            self.world.define(definition)
            self.world.awaken(key_of(definition.venue, definition.instrument))
        self.pool = Pool()
        self.pulses = {definition.venue: Pulse() for definition in instruments}
        self._trades: dict[str, list[int]] = {definition.venue: [] for definition in instruments}

    @property
    def now_s(self) -> int:
        return self.world.now_s

    @property
    def now_ns(self) -> int:
        return self.world.now_ns

    def market(self, definition: Instrument) -> Market:
        """The state of a market."""
        return self.world.markets[key_of(definition.venue, definition.instrument)]

    def overview(self, dislocations: Dislocations | None = None) -> Overview:
        """What market-wide signals see of it."""
        limits, lasting = self.world.config.deleveraging, dislocations.lasting if dislocations is not None else {}
        assets = [
            AssetReading(
                asset=asset,
                markets=tuple(read_market(market, self.now_ns, limits) for market in markets),
                dislocation=lasting.get(asset),
            )
            for asset, markets in self.world.assets()
        ]
        return Overview(self.world.config, self.now_ns, assets, self.pool, self.pulses)

    def close(self, seconds: int = 1, *, learn: bool = True) -> None:
        """Let seconds end on every market, pulse and pool; a test says itself whether they are learnt from."""
        for _ in range(seconds):
            world = self.world
            world.now_s += 1
            for venue, times in self._trades.items():
                for at_ns in sorted(times):
                    self._beat(venue, at_ns)
                times.clear()
            buys = sells = 0
            for market in world.markets.values():
                market.trading.ids.forgive(world.pauses.get(market.venue, ()))
                market.close_second(world.now_s, learn, world.silent_ns(market.venue) < LONGEST_PAUSE_S * NS)
                buys += market.trading.last_orders[0]
                sells += market.trading.last_orders[1]
            world.note_quiet()
            refresh(world, LONGEST_PAUSE_S)
            for pulse in self.pulses.values():
                pulse.close_second(world.now_s)
            self.pool.close_second(world.now_s, buys, sells, learn)

    def traded_last(self, definition: Instrument, *, ago_s: float = 0.0) -> None:
        """Where features are set by hand: when the market traded last, and with it its venue."""
        at_ns = self.now_ns - round(ago_s * NS)
        self.market(definition).trading.last_trade_ns = at_ns
        self._beat(definition.venue, at_ns)

    # What markets say

    def trade(
        self,
        definition: Instrument,
        price: float,
        usd: float = 1_000.0,
        *,
        taker: Side = "buy",
        trade_id: int | str | None = None,
        after_ms: float = 500.0,
        delay_s: float = 0.05,
        print_: Print = "market",
    ) -> None:
        """A print."""
        at_ns = self.now_ns + round(after_ms * 1e6)
        event = Trade(
            venue=definition.venue,
            instrument=definition.instrument,
            ts_event_ns=at_ns,
            ts_recv_ns=at_ns + round(delay_s * NS),
            price=price,
            qty=usd / price,
            notional_usd=usd if definition.notional_usd(1.0, price) is not None else None,
            taker=taker,
            trade_id=trade_id,
            print=print_,
        )
        market = self._heard(event)
        self._trades[definition.venue].append(at_ns)
        if print_ == "market":
            market.trading.on_trade(event, at_ns)
        else:
            market.trading.on_offbook(event, at_ns)

    def snapshot(self, definition: Instrument, bids: Rungs, asks: Rungs, *, keeps_far_levels: bool = True) -> None:
        """A whole book, or a resync of one."""
        event = BookSnapshot(
            **self._header(definition), bids=levels(bids), asks=levels(asks), keeps_far_levels=keeps_far_levels
        )
        self._heard(event).ensure_book().on_snapshot(event)

    def delta(self, definition: Instrument, bids: Rungs = (), asks: Rungs = ()) -> None:
        """Changed levels."""
        event = BookDelta(**self._header(definition), bids=levels(bids), asks=levels(asks))
        self._heard(event).ensure_book().on_delta(event)

    def liquidation(
        self, definition: Instrument, usd: float | None, *, liquidated: Position = "long", sampled: bool = False
    ) -> None:
        """A forced close."""
        event = Liquidation(
            **self._header(definition),
            liquidated=liquidated,
            price=1.0,
            price_kind="fill",
            qty_base=usd,
            notional_usd=usd,
            sampled=sampled,
        )
        self._heard(event).forced.on_liquidation(event, event.ts_event_ns)

    def adl(self, definition: Instrument, usd: float | None, *, deleveraged: Position = "short") -> None:
        """A deleveraging fill."""
        event = Adl(
            **self._header(definition), deleveraged=deleveraged, price=1.0, qty_base=usd, notional_usd=usd, adl_id=None
        )
        self._heard(event).forced.on_adl(event, event.ts_event_ns)

    def open_interest(self, definition: Instrument, contracts: float) -> None:
        """The venue's open interest."""
        event = OpenInterest(**self._header(definition), open_interest=contracts, notional_usd=None)
        self._heard(event).forced.on_open_interest(event)

    def derivative(
        self,
        definition: Instrument,
        *,
        mark: float | None = None,
        index: float | None = None,
        funding_rate: float | None = None,
    ) -> None:
        """Mark, index and funding."""
        event = DerivativeState(**self._header(definition), mark=mark, index=index, funding_rate=funding_rate)
        self._heard(event).forced.on_derivative(event)

    def gap(self, definition: Instrument, channel: Channel = "all") -> None:
        """The feed of a market has a hole."""
        market = self.market(definition)
        if channel in ("book", "all"):
            market.quotes.on_gap()
        if channel in ("trade", "all"):
            market.trading.ids.forget()

    def _beat(self, venue: str, at_ns: int) -> None:
        """What the stream's clock would say of a venue that trades at `at_ns`."""
        pulse, world = self.pulses[venue], self.world
        pause_ns = at_ns - pulse.last_ns if pulse.last_ns else 0
        pulse.take(VenuePulse(venue=venue, last_trade_ns=at_ns, longest_pause_ns=pause_ns))
        world.last_trades[venue] = pulse.last_ns
        ends = (*world.pauses.get(venue, ()), *((at_ns,) if pause_ns >= PAUSE_NS else ()))
        world.pauses[venue] = tuple(end for end in ends if end > at_ns - REMEMBERED_NS)

    def _header(self, definition: Instrument) -> dict[str, Any]:
        at_ns = self.now_ns + NS // 2
        return {
            "venue": definition.venue,
            "instrument": definition.instrument,
            "ts_event_ns": at_ns,
            "ts_recv_ns": at_ns + NS // 20,
        }

    def _heard(self, event: Event) -> Market:
        market = self.world.markets[key_of(event.venue, event.instrument)]
        market.delay.on_event(event.ts_event_ns, event.ts_recv_ns, event.ts_event_ns)
        return market


def market_of(engine: Engine, key: str) -> Market:
    """The state of the market `venue|instrument`."""
    return next(m for m in engine.markets() if key_of(m.venue, m.instrument.instrument) == key)


def quick_to_learn(market: Market, *, every_s: int = 1, warm: int = 2) -> Market:
    """The market with baselines that are known after `warm` samples instead of ten minutes."""

    def baseline() -> RollingMedian:
        return RollingMedian(every_s=every_s, warm=warm)

    trading, quotes = market.trading, market.quotes
    trading.usual_move, trading.usual_rate, trading.usual_impact = baseline(), baseline(), baseline()
    quotes.usual_depth = [baseline() for _ in quotes.usual_depth]
    quotes.usual_spread = baseline()
    market.delay.usual = baseline()
    return market


def find(verdicts: Iterable[Verdict], rule: str, *, venue: str | None = None, asset: str | None = None) -> Verdict:
    """The one verdict of a rule, at a place where there are several."""
    found = [
        verdict
        for verdict in verdicts
        if verdict.rule == rule and venue in (None, verdict.venue) and asset in (None, verdict.asset)
    ]
    assert len(found) == 1, found
    return found[0]


def said(verdict: Verdict) -> tuple[int, bool, bool, str]:
    """What decides: severity, whether it holds, whether it could see, and which way."""
    return verdict.severity, verdict.holds, verdict.known, verdict.direction
