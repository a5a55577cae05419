"""A one-minute candle as trades, so that what sees prices sees something where there are no trades to be had.

A candle is known when it is over: it is played in the minute that follows it, at whose beginning nothing of it was
still to come. When in its minute a candle had its prices, and by which orders, is not known. The shortest way through
all four is assumed (open, low, high, close in a minute that rose, and high before low in one that fell), each for a
quarter of the minute played: an onset is never early, and up to two minutes late. Eight prints of an eighth of the
volume, because a price is stale after ten seconds; as many are buys as takers bought. They are no orders:

* Every minute with trades has eight, whatever happened in it, so that rules on the rate of orders do not fire. In a
  market that mostly stands still its first minutes with trades are eight times the usual, less than the ten that count.
* They have no notional: what they moved the price by is of our making, and impact stays unknown.
* A minute without volume has none: the price is not known any more. That its file speaks of the minute is said by an
  empty message, for silence would be a fault of the feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from math import inf
from typing import NamedTuple

from producers.venues import events
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Trade

PRINTS = 8
MINUTE_NS = 60_000_000_000


class Candle(NamedTuple):
    """One minute."""

    begins_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    """Lots."""
    bought: float
    """Share of the volume that takers bought."""

    @property
    def possible(self) -> bool:
        """Whether it is a candle at all."""
        inside = self.low <= min(self.open, self.close) and max(self.open, self.close) <= self.high
        return self.low > 0.0 <= self.volume and inside and self.high * self.volume < inf


def told(
    candles: Iterable[Candle], define: Callable[[int], Instrument | None], skipped: Counter[str]
) -> Iterator[Event]:
    """A file's candles as events of the market that `define` gives; one that is not in order is counted."""
    market: Instrument | None = None
    next_ns = 0
    for candle in candles:
        if candle.begins_ns < next_ns:
            skipped["not_in_order"] += 1
            continue
        next_ns = candle.begins_ns + MINUTE_NS
        if market is None:
            market = define(candle.begins_ns + MINUTE_NS)
            if market is None:
                return
            yield market
        yield from prints(market, candle)


def prints(market: Instrument, candle: Candle) -> Iterator[Event]:
    """What a candle says, in the order of its minute, in the minute after."""
    falls = candle.close < candle.open
    extremes = (candle.high, candle.low) if falls else (candle.low, candle.high)
    prices = (candle.open, *extremes, candle.close)
    for number in range(PRINTS):
        ns = candle.begins_ns + MINUTE_NS + number * MINUTE_NS // PRINTS
        if candle.volume == 0.0:
            yield events.derivative(market, ns, ns)
            continue
        # The buys among the first prints, one more or less: spread evenly, and their number the share rounded.
        before, after = (int(count * candle.bought + 0.5) for count in (number, number + 1))
        yield Trade(
            venue=market.venue,
            instrument=market.instrument,
            ts_event_ns=ns,
            ts_recv_ns=ns,
            price=prices[number * len(prices) // PRINTS],
            qty=candle.volume / PRINTS,
            notional_usd=None,
            taker="buy" if after > before else "sell",
        )
