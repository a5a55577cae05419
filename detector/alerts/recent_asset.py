"""A quarter of an hour of one asset in rings of 5 s. An update costs the same however long it has run."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import isnan, nan
from typing import NamedTuple, TypeAlias, TypeGuard

from detector.alerts.slim_reading import SlimMarket
from detector.alerts.window import STEP_NS, STEPS, STEPS_OF_A_MINUTE, step_of
from schemas.reading import MarketReading

NS = 1_000_000_000
BLIND_NS = 30 * NS
"""What a market that has been silent for so long last said is not its price, and its book is not the market's."""
CALM_MINUTES = 120
FADES = 0.8
"""What a minute's trades still count for a minute later, in the choice of the market whose price is shown."""
CLEARLY = 1.5
"""Another market must be so much busier before its price is shown instead."""
LEAST, MOST = 1e-30, 1e30
"""What is beyond is no price and no sum of money, and rings of four bytes could not tell it from nothing or no end."""


Markets: TypeAlias = Sequence[MarketReading] | Sequence[SlimMarket]


class Book(NamedTuple):
    """A book as it was seen last."""

    depth_usd: float
    step: int


def _is_price(price: float | None) -> TypeGuard[float]:
    return price is not None and LEAST < price < MOST


def _usd(told: float | None) -> float | None:
    return told if told is not None and 0.0 <= told < MOST else None


def _ring(steps: int = STEPS) -> array[float]:
    return array("f", [nan]) * steps


class RecentAsset:
    """Rings of one asset, at the most `LARGEST_BYTES` of `detector/alerts/recent.py`."""

    __slots__ = (
        "_books",
        "_followed",
        "_priced",
        "_scale",
        "_scales",
        "_traded",
        "blind",
        "calm",
        "depth",
        "liquidated",
        "minute",
        "price",
        "step",
        "traded_usd",
    )

    def __init__(self) -> None:
        self.step = 0
        """The newest; 0 before the first."""
        self.minute = 0
        """The newest of `calm`."""
        self.price = _ring()
        """Of the market that is followed; another's is scaled to go on where that stood."""
        self.depth = _ring()
        self.blind = _ring()
        self.liquidated: tuple[array[float], ...] | None = None
        """Longs and shorts; None before a feed has shown any: that is ignorance as well."""
        self.calm = _ring(CALM_MINUTES)
        """Depth at the end of each minute in which all books were seen."""
        self.traded_usd = 0.0
        """Of late, on all markets."""
        self._books: dict[tuple[str, str], Book] = {}
        self._priced = 0
        """The last step with a price."""
        self._followed: tuple[str, str] | None = None
        self._scale = 1.0
        self._scales: dict[tuple[str, str], float] = {}
        """Of each market, when all of them were last seen side by side."""
        self._traded: dict[tuple[str, str], float] = {}

    def take(self, markets: Markets, ts_ns: int) -> None:
        """One second of all of its markets."""
        step, heard_ns = step_of(ts_ns), ts_ns - BLIND_NS
        if step < self.step:
            return
        self._advance(step)
        price = depth = nan
        longs = shorts = 0.0
        seen, books, known = False, self._books, 0
        for market in markets:
            if market.liquidations_seen:
                seen = True
                longs += _usd(market.liquidated_longs_usd) or 0.0
                shorts += _usd(market.liquidated_shorts_usd) or 0.0
            if market.last_event_ns < heard_ns:
                continue
            key = market.venue, market.instrument
            if key == self._followed and _is_price(market.price):
                price = market.price
            bids, asks = _usd(market.bid_depth_2pct_usd), _usd(market.ask_depth_2pct_usd)
            if bids is not None and asks is not None:
                books[key] = Book(bids + asks, step)
                depth = bids + asks + (0.0 if isnan(depth) else depth)
                known += 1
        minute = step // STEPS_OF_A_MINUTE
        if minute != self.minute or isnan(price):
            price = self._follow(markets, ts_ns, price, whole=minute != self.minute)
        at = step % STEPS
        price *= self._scale
        self.price[at] = price if _is_price(price) else nan
        if _is_price(price):
            self._priced = step
        self.depth[at] = depth
        self.blind[at] = self._unseen(step) if known < len(books) else nan
        if known and known == len(books):
            self.calm[minute % CALM_MINUTES] = depth
        self.minute = minute
        if seen:
            self._liquidations(at, longs, shorts)

    def _advance(self, step: int) -> None:
        """Make room for this step; those that were passed over are unknown."""
        if step == self.step:
            return
        rings = [self.price, self.depth, self.blind, *(self.liquidated or ())]
        for passed in range(max(self.step, step - STEPS) + 1, step + 1):
            for ring in rings:
                ring[passed % STEPS] = nan
        self.step = step
        minute = step // STEPS_OF_A_MINUTE
        for passed in range(max(self.minute, minute - CALM_MINUTES) + 1, minute + 1):
            self.calm[passed % CALM_MINUTES] = nan

    def _unseen(self, step: int) -> float:
        """What the books held that are not seen now."""
        gone = [key for key, book in self._books.items() if book.step <= step - STEPS]
        for key in gone:
            del self._books[key]
        return sum(book.depth_usd for book in self._books.values() if book.step < step) or nan

    def _follow(self, markets: Markets, ts_ns: int, price: float, *, whole: bool) -> float:
        """Choose the market whose price is shown, once a minute or when it falls silent; returns its price."""
        live: dict[tuple[str, str], tuple[float, float, bool]] = {
            (market.venue, market.instrument): (
                market.price,
                _usd(market.traded_usd_60s) or 0.0,
                market.last_event_ns > ts_ns - STEP_NS,
            )
            for market in markets
            if _is_price(market.price) and market.last_event_ns >= ts_ns - BLIND_NS
        }
        followed = self._followed
        if whole:
            self._traded = {key: FADES * self._traded.get(key, 0.0) + usd for key, (_, usd, _) in live.items()}
            self.traded_usd = sum(self._traded.values())
            if followed in live and live[followed][2]:
                # How they compare is learnt while both speak: what happens after one goes dark is a move.
                learnt = {key: price * self._scale / other for key, (other, _, speaks) in live.items() if speaks}
                listed = {(market.venue, market.instrument) for market in markets}
                self._scales = {key: scale for key, scale in self._scales.items() if key in listed} | learnt
        if not live:
            return nan
        busiest = max(live, key=lambda key: self._traded.get(key, 0.0))
        if followed in live and self._traded.get(busiest, 0.0) <= CLEARLY * self._traded.get(followed, 0.0):
            return price
        if busiest not in self._scales and followed is not None and self.step - self._priced < STEPS:
            return price  # nobody knows how it compares with what is in the window
        self._followed, self._scale = busiest, self._scales.get(busiest, 1.0)
        return live[busiest][0]

    def _liquidations(self, at: int, longs: float, shorts: float) -> None:
        """What is new in this step, of what was liquidated in the last minute."""
        if self.liquidated is None:
            self.liquidated = _ring(), _ring()
        for ring, usd in zip(self.liquidated, (longs, shorts), strict=True):
            before = [ring[(at - back) % STEPS] for back in range(1, STEPS_OF_A_MINUTE)]
            known = [value for value in before if not isnan(value)]
            # Who comes in the middle knows the minute's sum alone: its steps had a share each.
            ring[at] = max(0.0, usd - sum(known)) if known else usd / STEPS_OF_A_MINUTE
            if not known:
                for back in range(1, STEPS_OF_A_MINUTE):
                    ring[(at - back) % STEPS] = usd / STEPS_OF_A_MINUTE
