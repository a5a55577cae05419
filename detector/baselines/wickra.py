"""wickra-radar itself, where it is installed (`pip install wickra-radar`), read once a second.

It is fed as its documents say (`docs/EVENTS.md`), a market a symbol, with the signals of its own example of all five
(`golden/specs/composite.json`). When to alert, it leaves to its users: that example says 0.2 of a severity of 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import msgspec

from detector.baselines.baseline import Need
from detector.baselines.ladder import Ladder
from detector.conditions import NS
from detector.scoring.alarms import Alarm
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, BookTop, DerivativeState, Liquidation, OpenInterest

SIGNALS = (
    {"kind": "oi_delta", "params": [2.0, 0.1], "weight": 1.0},
    {"kind": "funding_flip", "params": [0.0005], "weight": 2.0},
    {"kind": "book_imbalance", "params": [1.0], "weight": 1.0},
    {"kind": "liq_cluster", "params": [5.0, 30.0], "weight": 1.5},
    {"kind": "oi_price_divergence", "params": [2.0, 0.1], "weight": 3.0},
)
OF_ITS_EXAMPLE = 0.2
HALF = 0.5
HINDSIGHT = 0.4
"""The one with the fewest messages that is silent before the generated crash and in both of its calm twins, and soonest
in it: of 0.1 to 0.6 in twelve steps, chosen with the answer in hand.
"""
ALERTS = '{"cmd":"alerts"}'


class _Alert(msgspec.Struct):
    symbol: str
    severity: float


class _Report(msgspec.Struct):
    alerts: list[_Alert]


class _State(msgspec.Struct):
    """What its event `derivatives` wants together, as far as it is known."""

    open_interest: float = 0.0
    funding_rate: float = 0.0
    mark_price: float = 0.0


def radar(threshold: float) -> Any:
    """A `Radar` of the installed module. Raises `ImportError` where there is none."""
    spec = {"signals": SIGNALS, "threshold": threshold}
    return import_module("wickra_radar").Radar(msgspec.json.encode(spec).decode())


class Wickra:
    """An alarm where a symbol's severity reaches the threshold."""

    needs: tuple[Need, ...] = ("liquidations", "open interest", "funding", "books")
    hears: frozenset[type[Event]] = frozenset(
        {Liquidation, OpenInterest, DerivativeState, BookTop, BookSnapshot, BookDelta}
    )
    ready = True

    def __init__(self, threshold: float) -> None:
        self._radar = radar(threshold)
        self._states: dict[str, _State] = {}
        self._tops: dict[str, BookTop] = {}
        """The last one of each symbol in this second: nothing earlier is looked at."""
        self._books: dict[str, Ladder] = {}
        """Whole books, as far as they began with a snapshot."""
        self._moved: set[str] = set()
        """Those that changed in this second."""
        self._above: set[str] = set()
        self._fed = False

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        """Nothing yet: it is read once a second."""
        symbol = f"{event.venue} {event.instrument} {market.base}"
        if isinstance(event, BookTop):
            self._tops[symbol] = event
        elif isinstance(event, BookSnapshot):
            self._books.setdefault(symbol, Ladder()).apply_snapshot(event)
            self._moved.add(symbol)
        elif isinstance(event, BookDelta):
            if symbol in self._books:
                self._books[symbol].apply_delta(event)
                self._moved.add(symbol)
        elif isinstance(event, Liquidation):
            if event.qty_base is not None:
                side = "buy" if event.liquidated == "long" else "sell"
                self._tell(symbol, now_ns, kind="liquidation", side=side, qty=event.qty_base, price=event.price)
        else:
            state = self._states.setdefault(symbol, _State())
            if isinstance(event, OpenInterest):
                state.open_interest = event.open_interest
            elif isinstance(event, DerivativeState):
                state.funding_rate = state.funding_rate if event.funding_rate is None else event.funding_rate
                state.mark_price = state.mark_price if event.mark is None else event.mark
            self._tell(symbol, now_ns, kind="derivatives", **msgspec.structs.asdict(state))
        return ()

    def close_second(self, now_s: int) -> Iterator[Alarm]:
        """An alarm for each symbol that was below before."""
        shown = {symbol: _top_volumes(event) for symbol, event in self._tops.items()}
        shown |= {symbol: self._books[symbol].volumes() for symbol in sorted(self._moved)}
        for symbol, book in shown.items():
            if book is not None:
                self._tell(symbol, now_s * NS, kind="orderbook", **book)
        self._tops.clear()
        self._moved.clear()
        if not self._fed:
            return
        self._fed = False
        report = msgspec.json.decode(self._radar.command(ALERTS), type=_Report)
        for alert in report.alerts:
            if alert.symbol not in self._above:
                yield Alarm(now_s * NS, alert.symbol.rsplit(" ", 1)[-1], f"severity {alert.severity:.2f}")
        self._above = {alert.symbol for alert in report.alerts}

    def _tell(self, symbol: str, now_ns: int, **event: object) -> None:
        self._fed = True
        command = {"cmd": "feed", "symbol": symbol, "event": {"ts": now_ns // 1_000_000, **event}}
        self._radar.command(msgspec.json.encode(command).decode())


def _top_volumes(event: BookTop) -> dict[str, float] | None:
    """Both best prices and what stands there; None where a side is empty."""
    bid, ask, bid_qty, ask_qty = event.bid, event.ask, event.bid_qty, event.ask_qty
    if bid is None or ask is None or bid_qty is None or ask_qty is None:
        return None
    return {"bid_volume": bid_qty, "ask_volume": ask_qty, "best_bid": bid, "best_ask": ask}


class NotInstalled:
    """Stands in its place where it is not installed: blind all the time."""

    needs: tuple[Need, ...] = ("the program itself",)
    hears: frozenset[type[Event]] = frozenset()
    ready = False

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        """Nothing."""
        return ()

    def close_second(self, now_s: int) -> Iterable[Alarm]:
        """Nothing."""
        return ()
