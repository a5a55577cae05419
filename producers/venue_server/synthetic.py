"""Made-up markets in every venue's own wire: the same walk of one price everywhere, books, trades, liquidations, marks.

For what no recording is at hand: whether a client keeps its connections, subscriptions and books. The prices mean
nothing, and the same seed gives the same frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from random import Random

import msgspec

from producers.recording import rest_line
from producers.venue_server.dialect import Dialect, Level
from producers.venue_server.markets import Market
from producers.venue_server.timeline import MARKETS, Frame

STEP_NS = 100_000_000
STATE_EVERY = 10
"""Steps between two marks of a market."""
LEVELS = 50
TICK = 0.01
DECIMALS = 2
LIQUIDATION_CHANCE = 0.01
TRADE_CHANCE = 0.3
BOOK_AFTER_STEPS = 3
"""Books that are fetched come a little after the first changes, as they do in life."""


class Quoted:
    """One market's book on a grid of ticks around its price."""

    def __init__(self, rng: Random, price: float) -> None:
        self.rng = rng
        self.middle = round(price / TICK)

    def whole(self) -> tuple[list[Level], list[Level]]:
        """All levels, best first."""
        bids = [(self.price(-away), self._size()) for away in range(1, LEVELS + 1)]
        asks = [(self.price(away), self._size()) for away in range(1, LEVELS + 1)]
        return bids, asks

    def step(self) -> tuple[list[Level], list[Level]]:
        """The price moves by a tick or rests; the levels that change, none of them crossing."""
        move = self.rng.choice((-1, 0, 0, 1))
        self.middle += move
        bids = [(self.price(-away), self._size()) for away in (1, 2, self.rng.randint(3, LEVELS))]
        asks = [(self.price(away), self._size()) for away in (1, 2, self.rng.randint(3, LEVELS))]
        # The price itself is no level: what was one on either side before the move is gone.
        gone = (self.price(), 0.0)
        return [gone, *bids], [gone, *asks]

    def price(self, away: int = 0) -> float:
        """So many ticks from the middle, with no more digits than a tick has: some venues write numbers as they are."""
        return round((self.middle + away) * TICK, DECIMALS)

    def _size(self) -> float:
        return round(self.rng.uniform(0.1, 5.0), 3)


def synthetic(
    dialects: Mapping[str, Dialect],
    *,
    coins: Sequence[str],
    seconds: float | None,
    start_ns: int,
    step_ns: int = STEP_NS,
    seed: int = 7,
) -> Iterator[Frame]:
    """Frames of these venues, market lists first, by receive time; without `seconds` they never end."""
    markets = {venue_id: dialect.made_up(coins) for venue_id, dialect in dialects.items()}
    for venue_id, listed in markets.items():
        yield start_ns, venue_id, rest_line(MARKETS, msgspec.json.encode(listed))
    desks = [
        (venue_id, dialects[venue_id], market, Quoted(Random(f"{seed} {venue_id} {market.symbol}"), 100.0))  # noqa: S311
        for venue_id, listed in markets.items()
        for market in listed
    ]
    for number in count() if seconds is None else range(math.ceil(seconds * 1e9 / step_ns)):
        at_ns = start_ns + (number + 1) * step_ns
        for place, (venue_id, dialect, market, quoted) in enumerate(desks):
            for raw in _moment(dialect, market, quoted, at_ns, number):
                yield at_ns + place, venue_id, raw


def _moment(dialect: Dialect, market: Market, quoted: Quoted, at_ns: int, number: int) -> Iterator[bytes]:
    """What one venue says of one market in a step."""
    rng = quoted.rng
    fetched = dialect.rest_book(market.symbol) is not None
    if number == (BOOK_AFTER_STEPS if fetched else 0):
        bids, asks = quoted.whole()
        yield from dialect.write_book(market, at_ns, bids=bids, asks=asks)
    if number or fetched:
        bids, asks = quoted.step()
        yield from dialect.write_delta(market, at_ns, bids=bids, asks=asks)
    price = quoted.price()
    if rng.random() < TRADE_CHANCE:
        yield from dialect.write_trade(
            market, at_ns, price=price, qty=round(rng.uniform(0.01, 2), 3), taker=rng.choice(("buy", "sell"))
        )
    if rng.random() < LIQUIDATION_CHANCE:
        long = rng.random() < 0.5
        yield from dialect.write_liquidation(
            market,
            at_ns,
            price=round(price * (0.995 if long else 1.005), DECIMALS),
            qty=round(rng.uniform(0.01, 2), 3),
            liquidated="long" if long else "short",
        )
    if number % STATE_EVERY == 0:
        yield from dialect.write_state(
            market, at_ns, mark=price, index=price, funding_rate=0.0001, open_interest=round(rng.uniform(1e4, 2e4), 1)
        )
