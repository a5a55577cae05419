"""What the emitted frames say, read with orjson and numpy alone: nothing here comes from the detector or the venues."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from producers.reconstruction import frames
from producers.reconstruction.facts import DAY_S, FIRST_MINUTE, LAST_MINUTE
from producers.reconstruction.markets import ALTS

ORIGIN_MS = (DAY_S + FIRST_MINUTE * 60) * 1000
SECONDS = (LAST_MINUTE - FIRST_MINUTE) * 60


class Side:
    """One side of a book; the best price by a heap that forgets removed levels lazily."""

    def __init__(self, sign: int) -> None:
        self.sign, self.levels, self.heap = sign, dict[float, float](), list[float]()

    def apply(self, changes: Iterable[tuple[str, str]]) -> None:
        for text, qty in changes:
            price, size = float(text), float(qty)
            if size:
                if price not in self.levels:
                    heapq.heappush(self.heap, self.sign * price)
                self.levels[price] = size
            else:
                self.levels.pop(price, None)

    def best(self) -> float:
        while self.sign * self.heap[0] not in self.levels:
            heapq.heappop(self.heap)
        return self.sign * self.heap[0]


class Book:
    """A book rebuilt from the REST answer and the changes, with everything that went wrong on the way."""

    def __init__(self) -> None:
        self.bids, self.asks = Side(-1), Side(1)
        self.snapshot_id = self.last_id = 0
        self.faults: list[str] = []
        self.depth: list[tuple[float, float, float]] = []

    def snapshot(self, body: dict[str, Any]) -> None:
        self.snapshot_id = body["lastUpdateId"]
        self.bids.apply(body["bids"])
        self.asks.apply(body["asks"])

    def change(self, data: dict[str, Any], at_s: float) -> None:
        first, last = data["U"], data["u"]
        previous = data["pu"] if "pu" in data else first - 1
        if self.last_id and previous != self.last_id:
            self.faults.append(f"{data['s']} {at_s:.1f}s: follows {previous}, last was {self.last_id}")
        before, self.last_id = self.last_id, last
        if not self.snapshot_id or last <= self.snapshot_id:
            return
        if before <= self.snapshot_id and not first <= self.snapshot_id < last:
            self.faults.append(f"{data['s']}: snapshot {self.snapshot_id} does not fit {first}-{last}")
        self.bids.apply(data["b"])
        self.asks.apply(data["a"])
        bid, ask = self.bids.best(), self.asks.best()
        if bid >= ask:
            self.faults.append(f"{data['s']} {at_s:.1f}s: crossed {bid} >= {ask}")
        if not self.depth or at_s - self.depth[-1][0] >= 20:
            floor = (bid + ask) / 2 * 0.99
            contracts = "_PERP" in data["s"]  # worth the same dollars at any price
            near = sum(q if contracts else p * q for p, q in self.bids.levels.items() if p >= floor)
            self.depth.append((at_s, near, (ask - bid) / bid * 1e4))


class Observed:
    """Columns read off the frames of one run."""

    def __init__(self, run: Iterable[tuple[int, str, bytes]]) -> None:
        self.frames = self.depth_frames = 0
        self.order_faults = 0
        self.trades: dict[tuple[str, str], list[tuple[float, float, float, bool, int, str]]] = defaultdict(list)
        self.delays: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.books: dict[tuple[str, str], Book] = defaultdict(Book)
        self.ticker_faults: list[str] = []
        self.fills: dict[bool, Counter[int]] = {False: Counter(), True: Counter()}
        self.first_fill_ms: dict[bool, int] = {}
        self.liquidation_orders: dict[str, list[float]] = defaultdict(list)
        last_ns = 0
        for recv_ns, venue, raw in run:
            self.frames += 1
            self.order_faults += recv_ns < last_ns
            last_ns = recv_ns
            frame = orjson.loads(raw)
            if "stream" in frame:
                self._binance(venue, frame["stream"], frame["data"], recv_ns)
            elif frame.get("rest") == "book":
                self.books[venue, frame["symbol"]].snapshot(frame["body"])
            elif frame.get("channel") == "trades":
                for row in frame["data"]:
                    self._trade(
                        venue, row["coin"], row["time"], row["px"], row["sz"], row["side"] == "A", row["tid"], "MARKET"
                    )
            elif frame.get("channel") == "userFills":
                self._fills(frame["data"])

    def _binance(self, venue: str, stream: str, data: dict[str, Any], recv_ns: int) -> None:
        symbol, kind = stream.split("@", 1)
        symbol = symbol.upper()
        if kind == "trade":
            self._trade(venue, symbol, data["T"], data["p"], data["q"], data["m"], data["t"], data.get("X", "MARKET"))
            self.delays[venue][(data["T"] - ORIGIN_MS) // 60_000 + FIRST_MINUTE].append(recv_ns / 1e9 - data["T"] / 1e3)
        elif kind.startswith("depth"):
            self.depth_frames += 1
            self.books[venue, symbol].change(data, (data["E"] - ORIGIN_MS) / 1e3)
        elif kind == "bookTicker":
            book = self.books[venue, symbol]
            if book.depth and (float(data["b"]), float(data["a"])) != (book.bids.best(), book.asks.best()):
                self.ticker_faults.append(
                    f"{symbol}: ticker {data['b']}/{data['a']}, book {book.bids.best()}/{book.asks.best()}"
                )
        elif kind == "forceOrder":
            self.liquidation_orders[f"{venue} {symbol}"].append((data["o"]["T"] - ORIGIN_MS) / 1e3)

    def _trade(
        self, venue: str, symbol: str, at_ms: int, px: str, qty: str, sold: bool, number: int, kind: str
    ) -> None:
        self.trades[venue, symbol].append(((at_ms - ORIGIN_MS) / 1e3, float(px), float(qty), sold, number, kind))

    def _fills(self, data: dict[str, Any]) -> None:
        for fill in data["fills"]:
            is_adl = fill["dir"] == "Auto-Deleveraging"
            assert fill["liquidation"]["liquidatedUser"] != data["user"]
            self.first_fill_ms.setdefault(is_adl, fill["time"])
            self.fills[is_adl][(fill["time"] - ORIGIN_MS) // 60_000 + FIRST_MINUTE] += 1

    def columns(self, venue: str, symbol: str) -> tuple[NDArray[np.float64], ...]:
        """Second, price, quantity, sold of the market's printed trades."""
        rows = [row[:4] for row in self.trades[venue, symbol] if row[5] == "MARKET"]
        return tuple(np.array(column, np.float64) for column in zip(*rows, strict=True))

    def alt_columns(self) -> list[tuple[NDArray[np.float64], ...]]:
        """The same of the twelve COIN-M alts."""
        return [self.columns("binance-coinm", f"{base}USD_PERP") for base in ALTS]

    def by_second(self, venue: str, symbol: str) -> NDArray[np.float64]:
        """Last traded price at the end of each second."""
        at_s, price, *_ = self.columns(venue, symbol)
        last = np.searchsorted(at_s, np.arange(1, SECONDS + 1), "left") - 1
        return price[np.maximum(last, 0)]


@pytest.fixture(scope="session")
def observed() -> Observed:
    """The whole reconstruction, read once."""
    return Observed(frames())


@pytest.fixture(scope="session")
def twin() -> Observed:
    """The busiest part of the twin."""
    return Observed(frames(twin=True, start="20:46", end="21:22"))


@pytest.fixture(scope="session")
def macro() -> Observed:
    """The steepest part of the macro twin."""
    return Observed(frames(macro=True, start="21:15", end="21:19"))
