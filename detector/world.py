"""What signals may look at: all markets, grouped by asset and venue, at one second of event time."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import msgspec

from detector.config import Config
from detector.market import Market
from detector.pool import Pool
from detector.pulse import Pulse
from schemas.instrument import Instrument

NS = 1_000_000_000


class World(msgspec.Struct):
    """The state of everything that is watched. Keys are `venue|instrument`; a listed market costs nothing until it
    speaks.
    """

    config: Config
    now_s: int = 0
    definitions: dict[str, Instrument] = {}
    markets: dict[str, Market] = {}
    by_asset: dict[str, list[str]] = {}
    by_venue: dict[str, list[str]] = {}
    pool: Pool = msgspec.field(default_factory=Pool)
    pulses: dict[str, Pulse] = {}

    @property
    def now_ns(self) -> int:
        """Event time of the evaluation."""
        return self.now_s * NS

    def define(self, instrument: Instrument) -> None:
        """Make a market known; a repeated definition replaces the old one and keeps the state."""
        key = key_of(instrument.venue, instrument.instrument)
        self.definitions[key] = instrument
        market = self.markets.get(key)
        if market is not None:
            market.instrument = instrument

    def awaken(self, key: str) -> Market | None:
        """The market of `key`, brought to life by its first event; None where no definition came before."""
        instrument = self.definitions.get(key)
        if instrument is None:
            return None
        market = self.markets[key] = Market(instrument=instrument)
        self.pulses.setdefault(instrument.venue, Pulse())
        for groups, name in ((self.by_asset, instrument.base), (self.by_venue, instrument.venue)):
            group = groups.setdefault(name, [])
            group.append(key)
            group.sort()
        return market

    def of_asset(self, asset: str) -> list[Market]:
        """The asset's markets, in a fixed order."""
        return [self.markets[key] for key in self.by_asset.get(asset, ())]

    def of_venue(self, venue: str) -> list[Market]:
        """The venue's markets, in a fixed order."""
        return [self.markets[key] for key in self.by_venue.get(venue, ())]

    def assets(self) -> Iterator[tuple[str, list[Market]]]:
        """Assets in alphabetical order with their markets: outputs must not depend on who was heard first."""
        for asset in sorted(self.by_asset):
            yield asset, self.of_asset(asset)

    def venues(self) -> Iterator[tuple[str, list[Market]]]:
        """Venues in alphabetical order with their markets."""
        for venue in sorted(self.by_venue):
            yield venue, self.of_venue(venue)

    def assets_watched(self) -> dict[str, int]:
        """Assets on each venue."""
        return {venue: len({self.markets[key].asset for key in keys}) for venue, keys in self.by_venue.items()}

    def median_move(self) -> float:
        """Median 60-s move over all markets; 0.0 while none is known."""
        moves = [market.trading.move_60s for market in self.markets.values() if market.trading.move_60s is not None]
        return median(moves) if moves else 0.0

    def dollars(self, quote: str) -> float:
        """What one coin of a quote currency is worth in dollars, by its own markets here; 1.0 where nobody says."""
        if quote == "USD":
            return 1.0
        markets = [m for m in self.of_asset(quote) if m.trading.fresh(self.now_ns, 60)]
        for against in ("USD", "USDT"):
            prices = [m.trading.price for m in markets if m.instrument.quote == against]
            if prices and quote != against:
                return median(prices) * (self.dollars("USDT") if against == "USDT" else 1.0)
        return 1.0

    def floor_usd_min(self, asset: str) -> float:
        """Dollars of liquidations a minute that count for this asset."""
        flow = self.config.flow
        if asset in self.config.majors:
            return flow.major_floor_usd_min
        return flow.large_floor_usd_min if asset in self.config.large else flow.other_floor_usd_min


def key_of(venue: str, instrument: str) -> str:
    """The key of a market."""
    return f"{venue}|{instrument}"
