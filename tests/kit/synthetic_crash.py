"""A seeded market of two venues: eleven calm minutes, then a crash that has a bit of everything the detector reads.

`north` has perpetuals with books, liquidations and deleveraging; `south` has spot trades only, and a stablecoin. Every
event arrives less than the allowed lateness after it happened, unless a stall is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sin
from random import Random
from typing import Any

import msgspec

from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    Trade,
)

NS = 1_000_000_000
MS = 1_000_000
T0 = 1_760_000_040 * NS
"""A whole minute."""
CALM_S = 690
CRASH_S = 100
ASSETS = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}
PEG = "USDE"
LATENESS_NS = 500 * MS
STEPS = (5, 10, 25, 50, 75, 100, 150, 200)
"""Distances of the book's levels from mid, in basis points."""


def synthetic_crash(seed: int, *, calm_s: int = CALM_S, crash_s: int = CRASH_S, stall: bool = False) -> list[Event]:
    """All events in the order of their receipt; with `stall`, some of `south` come three seconds late in the crash."""
    source = _Source(Random(seed), calm_s, stall)
    source.define()
    for second in range(calm_s + crash_s):
        source.play(second)
    return sorted(source.events, key=lambda event: event.ts_recv_ns)


def shifted(events: Iterable[Event], by_ns: int) -> list[Event]:
    """The same events at another time."""
    out: list[Event] = []
    for event in events:
        times = {"ts_event_ns": event.ts_event_ns + by_ns, "ts_recv_ns": event.ts_recv_ns + by_ns}
        if isinstance(event, Gap):
            times["since_ns"] = event.since_ns + by_ns
        out.append(msgspec.structs.replace(event, **times))
    return out


def permuted(events: Iterable[Event], random: Random, within_ns: int = LATENESS_NS) -> list[Event]:
    """Another order of delivery in which no event comes later than allowed; the receive times stay."""
    keyed = [(event.ts_event_ns + random.randrange(within_ns), index, event) for index, event in enumerate(events)]
    return [event for _, _, event in sorted(keyed, key=lambda entry: entry[:2])]


def chunked(events: list[Event], random: Random, largest: int = 2_000) -> list[list[Event]]:
    """The events cut into batches of random lengths."""
    batches: list[list[Event]] = []
    at = 0
    while at < len(events):
        size = random.choice((1, 7, 100, largest))
        batches.append(events[at : at + size])
        at += size
    return batches


class _Source:
    def __init__(self, random: Random, calm_s: int, stall: bool) -> None:
        self.random = random
        self.calm_s = calm_s
        self.stall = stall
        self.events: list[Event] = []
        self.prices = dict(ASSETS)
        self.ids: dict[str, int] = {}
        self.book_id = 0

    def define(self) -> None:
        for base in ASSETS:
            self._instrument("north", f"{base}-USDT-PERP", base, "USDT")
            self._instrument("south", f"{base}-USD-SPOT", base, "USD")
        self._instrument("south", f"{PEG}-USDT-SPOT", PEG, "USDT")

    def play(self, second: int) -> None:
        """One second; `t` counts from the start of the crash."""
        t = second - self.calm_s
        for asset in ASSETS:
            self.prices[asset] *= 1.0 + self.random.gauss(0.0, 1e-4)
            self._trades("north", f"{asset}-USDT-PERP", asset, second, t, fall=0.16)
            self._trades("south", f"{asset}-USD-SPOT", asset, second, t, fall=0.10)
            self._book(f"{asset}-USDT-PERP", asset, second, t)
            self._forced(f"{asset}-USDT-PERP", asset, second, t)
        if second % 2 == 0:
            peg = 0.93 if 40 <= t < 70 else 1.0 + 1e-4 * sin(second)
            self._trade("south", f"{PEG}-USDT-SPOT", second, 0.5, peg, 100.0, t)
        if t == 80:
            self._add(
                Gap, "north", "SOL-USDT-PERP", second, 0.1, channel="book", since_ns=T0 + second * NS, reason="hole"
            )
        if t == 85:
            self._add(Gap, "south", "*", second, 0.1, channel="all", since_ns=T0 + second * NS, reason="closed")

    def price(self, asset: str, t: float, fall: float) -> float:
        """Straight down for 50 s from the second second, and back within 100 s."""
        share = min(max(t - 2, 0) / 50, 1.0) - min(max(t - 60, 0) / 100, 1.0)
        return self.prices[asset] * (1.0 - fall * share)

    def _trades(self, venue: str, instrument: str, asset: str, second: int, t: int, fall: float) -> None:
        # In the void there is little trade: fifteen orders a second first, then two.
        orders = 15 if 0 <= t < 35 else 2 if 35 <= t < 60 else 1
        for at in sorted(self.random.random() for _ in range(orders)):
            price = self.price(asset, t + at, fall) * (1.0 + self.random.gauss(0.0, 2e-5))
            self._trade(venue, instrument, second, at, price, 5_000.0 / price, t)

    def _trade(self, venue: str, instrument: str, second: int, at: float, price: float, qty: float, t: int) -> None:
        # Between fills that print, two that do not: what deleveraging looks like on a venue that hides it.
        hole = venue == "north" and 30 <= t < 50 and self.random.random() < 0.5
        number = self.ids.get(instrument, 0) + (3 if hole else 1)
        self.ids[instrument] = number
        self._add(
            Trade,
            venue,
            instrument,
            second,
            at,
            price=round(price, 4),
            qty=qty,
            notional_usd=qty * price,
            taker="sell" if t >= 0 or self.random.random() < 0.5 else "buy",
            trade_id=number,
            stalled=self.stall and venue == "south" and 20 <= t < 30,
        )

    def _book(self, instrument: str, asset: str, second: int, t: int) -> None:
        mid = self.price(asset, t, 0.16)
        lots = 1_000_000.0 / mid * (0.02 if 10 <= t < 70 else 1.0)
        self.book_id += 1
        # A full book every five seconds, or the price walks through it; every second while it moves; a few levels and
        # the top in between.
        if 0 <= t < 170 or second % 5 == 0:
            sides: dict[str, Any] = {
                "bids": self._levels(mid, -1, lots, STEPS),
                "asks": self._levels(mid, 1, lots, STEPS),
            }
            self._add(BookSnapshot, "north", instrument, second, 0.3, last_id=self.book_id, **sides)
        elif second % 3 == 0:
            sides = {"bids": msgspec.Raw(b"[]"), "asks": self._levels(mid, 1, lots, STEPS[4:])}
            self._add(BookDelta, "north", instrument, second, 0.3, last_id=self.book_id, **sides)
            self._add(BookTop, "north", instrument, second, 0.4, bid=mid, bid_qty=1.0, ask=mid, ask_qty=1.0)

    def _levels(self, mid: float, side: int, lots: float, steps: tuple[int, ...]) -> msgspec.Raw:
        wide = [
            f'["{mid * (1 + side * step / 10_000):.2f}","{lots * self.random.uniform(0.9, 1.1):.3f}"]' for step in steps
        ]
        return msgspec.Raw(f"[{','.join(wide)}]".encode())

    def _forced(self, instrument: str, asset: str, second: int, t: int) -> None:
        price = self.price(asset, t, 0.16)
        if second % 10 == 0:
            open_interest = 1e6 * (1.0 - 0.12 * min(max(t, 0) / 60, 1.0))
            self._add(OpenInterest, "north", instrument, second, 0.7, open_interest=open_interest, notional_usd=None)
            self._add(DerivativeState, "north", instrument, second, 0.7, mark=price, index=price, funding_rate=1e-4)
        if 5 <= t < 60 or second % 200 == 7:
            usd = 400_000.0 if 0 <= t < 60 else 10_000.0
            self._add(
                Liquidation,
                "north",
                instrument,
                second,
                0.6,
                liquidated="long",
                price=price,
                price_kind="fill",
                qty_base=usd / price,
                notional_usd=usd,
                sampled=True,
            )
        if t == 55:
            shared: dict[str, Any] = {"price": price, "qty_base": 1.0, "notional_usd": price}
            self._add(Adl, "north", instrument, second, 0.8, deleveraged="short", **shared)
            self._add(Insurance, "north", instrument, second, 0.8, balance_usd=1e9)

    def _instrument(self, venue: str, name: str, base: str, quote: str) -> None:
        spot = name.endswith("SPOT")
        self.events.append(
            Instrument(
                venue=venue,
                instrument=name,
                ts_event_ns=T0 - NS,
                ts_recv_ns=T0 - NS,
                symbol=name,
                base=base,
                quote=quote,
                market="spot" if spot else "perp",
                contract="spot" if spot else "linear",
                contract_value=1.0,
            )
        )

    def _add(
        self, kind: type[Event], venue: str, name: str, second: int, at: float, *, stalled: bool = False, **fields: Any
    ) -> None:
        ts_ns = T0 + second * NS + int(at * NS)
        slow = second >= self.calm_s and venue == "south"
        delay_ms = (
            self.random.randrange(20, 80) if venue == "north" else self.random.randrange(50, 400 if slow else 250)
        )
        recv_ns = ts_ns + delay_ms * MS + (3 * NS if stalled else 0)
        self.events.append(kind(venue=venue, instrument=name, ts_event_ns=ts_ns, ts_recv_ns=recv_ns, **fields))
