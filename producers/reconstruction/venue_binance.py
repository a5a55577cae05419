"""One Binance venue's frames, minute by minute: trades, books, marks, liquidation orders."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from producers.reconstruction import wire_binance
from producers.reconstruction.books import LatticeBook
from producers.reconstruction.facts import FIRST_MINUTE, minute_of
from producers.reconstruction.forced import liquidation_orders
from producers.reconstruction.liquidity import ask_share, depth_share, half_spread
from producers.reconstruction.markets import MARKETS, Market
from producers.reconstruction.off_book import Trades
from producers.reconstruction.prices import World
from producers.reconstruction.timeline import Timed

BINANCE = ("binance-coinm", "binance-usdm", "binance-spot")
_FAST = (minute_of("21:12"), minute_of("21:27"))
_BUSY = (minute_of("20:50"), minute_of("21:40"))
_MOVE = 7.5e-4
"""A book is restated as soon as the mid has moved so far, and every few seconds at least."""
_LATE = 0.8
"""Books are restated late in a second, so that a second's last trade does not lie far beyond the book at its end."""
_MARK_EVERY_S = 10
_SNAPSHOT_SECOND = 2.5
_TICKERS_OF_ALTS = 4
"""A ticker follows every second book change of a major, every fourth of an alt."""


class _Desk:
    """The book of one market and what it was last published at."""

    def __init__(self, market: Market, index: int, *, seed: int, world: World, first: int) -> None:
        self.market = market
        self.writer = wire_binance.BinanceWriter(market, 5_000_000_000 * (index + 1))
        self.mid = world.mid(market)
        self.shares = depth_share(market, twin=world.twin)
        self.asks = ask_share(self.shares)
        self.half = half_spread(market, self.shares)
        self.phase = (index * 37 % 90) / 100 + 0.05
        self.is_major = market.base in ("BTC", "ETH")
        self._first_s = (first - FIRST_MINUTE) * 60
        rng = np.random.default_rng([seed, 9, index, first])
        self.book = LatticeBook(market, math.exp(self.mid[self._first_s]), rng)
        self._at, self._published, self._count = -1e9, self.mid[self._first_s], 0

    def _pace_s(self, minute: int) -> float:
        if _FAST[0] <= minute < _FAST[1]:
            return 1.0
        if _BUSY[0] <= minute < _BUSY[1]:
            return 2.0 if self.is_major else 3.0
        return 4.0 if self.is_major else 6.0

    def minute(self, minute: int) -> Iterator[Timed]:
        """Book changes and tickers of a minute, and the snapshot in the first."""
        pace = self._pace_s(minute)
        start = (minute - FIRST_MINUTE) * 60
        for second in range(start, start + 60):
            opening = second - self._first_s < 6
            log_mid = float(self.mid[second] + _LATE * (self.mid[second + 1] - self.mid[second]))
            moved = abs(log_mid - self._published) >= _MOVE
            if opening and second - self._first_s == 2:
                asked_s = self._first_s + _SNAPSHOT_SECOND
                yield asked_s, False, self.writer.rest_book(asked_s, self.book)
            if not (opening or moved or second - self._at >= pace):
                continue
            self._at, self._published = float(second), log_mid
            state = (float(column[second]) for column in (self.half, self.shares, self.asks))
            update = self.book.update(math.exp(log_mid), *state)
            at_s = second + _LATE + self.phase * 0.01
            yield at_s, False, self.writer.depth(at_s, update)
            self._count += 1
            if self._count % (2 if self.is_major else _TICKERS_OF_ALTS) == 0:
                yield at_s, False, self.writer.ticker(at_s, update)


class BinanceVenue:
    """One of the three; `minute` gives (event second, is a trade, frame)."""

    def __init__(self, venue: str, *, seed: int, world: World, first: int) -> None:
        self.id = venue
        self._seed = seed
        self._world = world
        chosen = [(index, market) for index, market in enumerate(MARKETS) if market.venue == venue]
        self._desks = [(index, _Desk(market, index, seed=seed, world=world, first=first)) for index, market in chosen]

    def market_list(self) -> bytes:
        """The list of markets in line."""
        return wire_binance.market_list(self.id)

    def minute(self, minute: int, drawn: dict[Market, Trades]) -> Iterator[Timed]:
        """Everything that the venue says in a minute, unsorted."""
        for index, desk in self._desks:
            trades = drawn[desk.market]
            yield from zip(trades.at_s.tolist(), (True,) * trades.at_s.size, desk.writer.trades(trades), strict=True)
            yield from desk.minute(minute)
            if self.id != "binance-spot":
                yield from self._derivatives(index, desk, minute)

    def _derivatives(self, index: int, desk: _Desk, minute: int) -> Iterator[Timed]:
        start = (minute - FIRST_MINUTE) * 60
        elsewhere = self._world.mids["reference", desk.market.base]
        for second in range(start, start + 60, _MARK_EVERY_S):
            at_s = second + desk.phase
            mark, reference = math.exp(desk.mid[second]), math.exp(elsewhere[second])
            premium = max(-0.02, min(0.02, mark / reference - 1))
            yield at_s, False, desk.writer.mark(at_s, mark, reference, 0.0001 + premium / 8)
        orders = liquidation_orders(desk.market, minute, twin=self._world.twin, seed=self._seed, index=index)
        for when, sold, dollars in zip(*(column.tolist() for column in orders), strict=True):
            price = math.exp(desk.mid[int(when)]) * (0.999 if sold else 1.001)
            lots = max(1, round(dollars / (desk.market.contract_usd or price * desk.market.lot)))
            yield when, False, desk.writer.force_order(when, sold, price, lots * desk.market.lot)
