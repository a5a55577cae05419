"""The fragility Φ of Grabriel289/crypto-dashboard: open interest to depth, funding and basis, every five minutes.

Φ = mean(OI / (10 · depth within 2 %), |z of funding| · 20, |basis| · 1000), with bands at 25, 50 and 75. Not
published, and read charitably: each part ends at 100; z is against the snapshots of a week, from half an hour on;
open interest is compared with the books of the markets that show it; a message is sent where the upper two bands begin.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from statistics import fmean, pstdev

import msgspec

from detector.baselines.baseline import Need
from detector.conditions import NS
from detector.kernel import BANDS, Book
from detector.scoring.alarms import Alarm
from schemas.base import Event
from schemas.instrument import DOLLARS, Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, OpenInterest

EVERY_S = 300
WEEK = 7 * 86_400 // EVERY_S
AT_LEAST = 6
BAND_EDGES = (50.0, 75.0)
TWO_PERCENT = BANDS.index(0.02)


class _Market(msgspec.Struct):
    asset: str
    book: Book | None
    unread: list[BookSnapshot | BookDelta] = []
    """What became of the book since it was last looked at: nobody asks for it more often than every five minutes."""
    anchored: bool = False
    """Whether the book began with a snapshot."""
    open_interest_usd: float = 0.0
    funding: float | None = None
    basis: float | None = None
    fundings: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=WEEK))

    def on_book(self, event: BookSnapshot | BookDelta) -> None:
        """Put it aside; a whole book replaces what was there."""
        if isinstance(event, BookSnapshot):
            self.anchored = True
            if not event.keeps_far_levels:
                self.unread.clear()
        if self.anchored:
            self.unread.append(event)

    def read_book(self) -> None:
        """Bring the book up to now. One that nothing is compared with is not kept."""
        if self.book is None or not self.open_interest_usd:
            self.anchored = False
        else:
            for event in self.unread:
                if isinstance(event, BookSnapshot):
                    self.book.apply_snapshot(bytes(event.bids), bytes(event.asks), event.keeps_far_levels)
                else:
                    self.book.apply_delta(bytes(event.bids), bytes(event.asks))
        self.unread.clear()

    def depth_usd(self) -> float:
        """Within 2 % of mid on both sides; 0 where there is no book with two sides."""
        if self.book is None or not self.anchored:
            return 0.0
        return max(0.0, self.book.depth(0, TWO_PERCENT) + self.book.depth(1, TWO_PERCENT))

    def z(self) -> float | None:
        """Of the funding now; None where it is unknown or has too short a history."""
        if self.funding is None or len(self.fundings) < AT_LEAST:
            return None
        spread = pstdev(self.fundings)
        return (self.funding - fmean(self.fundings)) / spread if spread > 0.0 else 0.0


class Phi:
    """Φ of each asset whose three parts are known."""

    needs: tuple[Need, ...] = ("open interest", "funding", "mark and index", "books")
    hears: frozenset[type[Event]] = frozenset({OpenInterest, DerivativeState, BookDelta, BookSnapshot})

    def __init__(self) -> None:
        self._markets: dict[tuple[str, str], _Market] = {}
        self._bands: dict[str, int] = {}

    @property
    def ready(self) -> bool:
        """Whether any asset has a Φ."""
        return bool(self._bands)

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        """Nothing yet: it looks every five minutes."""
        place = event.venue, event.instrument
        known = self._markets.get(place)
        if known is None:
            known = self._markets[place] = _Market(asset=market.base, book=_book(market))
        if isinstance(event, OpenInterest):
            known.open_interest_usd = event.notional_usd or 0.0
        elif isinstance(event, DerivativeState):
            known.funding = known.funding if event.funding_rate is None else event.funding_rate
            if event.mark and event.index:
                known.basis = event.mark / event.index - 1.0
        elif isinstance(event, BookSnapshot | BookDelta):
            known.on_book(event)
        return ()

    def close_second(self, now_s: int) -> Iterator[Alarm]:
        """An alarm for each asset that reached a higher one of the upper two bands."""
        if now_s % EVERY_S:
            return
        by_asset: dict[str, list[_Market]] = {}
        for market in self._markets.values():
            market.read_book()
            by_asset.setdefault(market.asset, []).append(market)
        for asset, markets in by_asset.items():
            phi = _phi(markets)
            if phi is not None:
                band = sum(phi >= edge for edge in BAND_EDGES)
                if band > self._bands.get(asset, 0):
                    yield Alarm(now_s * NS, asset, f"Φ {phi:.0f}, above {BAND_EDGES[band - 1]:.0f}")
                self._bands[asset] = band
        for market in self._markets.values():
            if market.funding is not None:
                market.fundings.append(market.funding)


def _book(market: Instrument) -> Book | None:
    if market.contract_value is None or market.contract == "quanto" or market.quote not in DOLLARS:
        return None
    return Book(market.contract_value, market.contract == "inverse", market.tick_size or 0.0)


def _phi(markets: list[_Market]) -> float | None:
    """Φ of one asset; None where a part is unknown."""
    shown = [market for market in markets if market.open_interest_usd > 0.0]
    depth_usd = sum(market.depth_usd() for market in shown)
    zs = [z for market in markets if (z := market.z()) is not None]
    bases = [market.basis for market in markets if market.basis is not None]
    if not (depth_usd > 0.0 and zs and bases):
        return None
    leverage = sum(market.open_interest_usd for market in shown) / (10.0 * depth_usd)
    parts = leverage, max(map(abs, zs)) * 20.0, max(map(abs, bases)) * 1000.0
    return fmean(min(part, 100.0) for part in parts)
