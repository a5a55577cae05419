"""Hyperliquid's frames, minute by minute: books, trades, contexts, and the vaults' forced fills."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from producers.reconstruction import wire_hyperliquid as wire
from producers.reconstruction.adl import ForcedFills, coins
from producers.reconstruction.facts import FIRST_MINUTE, minute_of
from producers.reconstruction.liquidity import depth_share, half_spread
from producers.reconstruction.markets import MARKETS, Market
from producers.reconstruction.off_book import Trades
from producers.reconstruction.prices import World
from producers.reconstruction.timeline import Timed, along

_BOOK_EVERY_S, _CONTEXT_EVERY_S = 5, 10
_MOVE = 8e-4
"""A whole book is sent every five seconds, and in every second in which the mid has moved so far since the last one:
in October 2025 the default stream still came twice a second."""
_LATE = 0.78
_FAST = (minute_of("21:12"), minute_of("21:27"))
_OPEN_INTEREST_USD = 40e6
_OPEN_INTEREST = (("20:50", 1.0), ("21:00", 0.95), ("21:12", 0.93), ("21:16", 0.82), ("21:21", 0.64), ("21:27", 0.60))
"""Share of the calm; about -25 % over all venues is published, on Hyperliquid more (chosen)."""


class HyperliquidVenue:
    """The venue; `minute` gives (event second, is a trade, frame)."""

    id = "hyperliquid"

    def __init__(self, *, seed: int, world: World) -> None:
        self._world = world
        self._forced = ForcedFills(seed=seed, world=world)
        self._markets = [(index, market) for index, market in enumerate(MARKETS) if market.venue == self.id]
        self._writers = {m: wire.BookWriter(m, np.random.default_rng([seed, 10, i])) for i, m in self._markets}
        self._published: dict[Market, float] = {}
        self._open_interest = along(_OPEN_INTEREST)
        self._shares = depth_share(self._markets[0][1], twin=world.twin)

    def market_list(self) -> bytes:
        """The list of coins in line."""
        return wire.market_list(coins())

    def minute(self, minute: int, drawn: dict[Market, Trades]) -> Iterator[Timed]:
        """Everything that the venue says in a minute, unsorted."""
        for index, market in self._markets:
            yield from ((at_s, True, frame) for at_s, frame in wire.trades(market, drawn[market]))
            yield from self._state(index, market, minute)
        if not self._world.twin:
            yield from ((block.at_s, False, wire.user_fills(block)) for block in self._forced.minute(minute))

    def _state(self, index: int, market: Market, minute: int) -> Iterator[Timed]:
        mids, writer = self._world.mid(market), self._writers[market]
        half = half_spread(market, self._shares)
        start = (minute - FIRST_MINUTE) * 60
        fast = _FAST[0] <= minute < _FAST[1]
        phase = index * 41 % 90 / 100
        for second in range(start, start + 60):
            at_s = second + _LATE + phase * 0.02
            mid = math.exp(mids[second] + _LATE * (mids[second + 1] - mids[second]))
            turn = second + index
            share, gap = float(self._shares[second]), float(half[second])
            moved = abs(math.log(mid) - self._published.get(market, 0.0)) > _MOVE
            if moved or turn % _BOOK_EVERY_S == 0:
                self._published[market] = math.log(mid)
                yield at_s, False, writer.book(at_s, mid, gap, share, fast=False)
            elif fast and turn % 2 == 0:
                yield at_s, False, writer.book(at_s, mid, gap, share, fast=True)
            if turn % _CONTEXT_EVERY_S == 0:
                yield at_s, False, self._context(market, second, mid)

    def _context(self, market: Market, second: int, mid: float) -> bytes:
        left = 1.0 if self._world.twin else float(self._open_interest[second])
        base = math.exp(self._world.mid(market)[0])
        funding = 1.25e-5 if self._world.twin else 1.25e-5 - 4e-4 * (1 - left)
        dollars = left * _OPEN_INTEREST_USD * (25 if market.base == "BTC" else 1)
        return wire.context(market, mid, mid * 1.0002, funding, dollars / base)
