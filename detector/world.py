"""What the signals of single assets may look at: markets, grouped by asset and venue, at one second of event time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from detector.calibration.figures import seed
from detector.config import Config
from detector.makers import Makers
from detector.market import Market
from detector.pulse import QUIET_NS, RATE_S
from detector.quotes import Quotes
from schemas.alert import MARKET
from schemas.base import EVERY_INSTRUMENT
from schemas.health import MARKET_LIST, SelfCheck, VenueStatus
from schemas.instrument import Instrument
from schemas.reading import VenueWord

NS = 1_000_000_000

LOST = frozenset({"down", "rejected"})
"""States of a connection that brings nothing."""

TOLD_NS = 5 * NS
"""What the clock said holds for so long: it ticks every second, and says again what still holds."""


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
    last_trades: dict[str, int] = {}
    """Event time of each venue's newest trade on any market, told by the stream's clock."""
    pauses: dict[str, tuple[int, ...]] = {}
    """When each venue's latest pauses, in which it traded nowhere, ended."""
    quiet_s: dict[str, int] = {}
    """The last second at which each venue had not traded anywhere for three."""
    words: dict[str, VenueWord] = {}
    """What is wrong with venues and connections by their own word or ours, by `venue|session`."""
    quotes_in_dollars: dict[str, tuple[float, int]] = {}
    """What quote currencies are worth, and when the stream's clock told it last."""

    @property
    def now_ns(self) -> int:
        """Event time of the evaluation."""
        return self.now_s * NS

    def define(self, instrument: Instrument) -> None:
        """Make a market known; a repeated definition replaces the old one and keeps the state, but for a book of lots
        that are worth something else now.
        """
        key = key_of(instrument.venue, instrument.instrument)
        self.definitions[key] = instrument
        market = self.markets.get(key)
        if market is not None:
            if _lot(market.instrument) != _lot(instrument):
                market.quotes, market.makers = Quotes(), Makers()  # depths were in another unit
            market.instrument = instrument

    def awaken(self, key: str) -> Market | None:
        """The market of `key`, brought to life by its first event; None where no definition came before."""
        instrument = self.definitions.get(key)
        if instrument is None:
            return None
        market = self.markets[key] = Market(instrument=instrument)
        known = self.config.calibration.of_market(instrument.venue, instrument.instrument)
        if known is not None:
            seed(market, known)
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

    def silent_ns(self, venue: str) -> int:
        """For how long the venue has not traded on any market; 0 or less where it just did."""
        return self.now_ns - self.last_trades.get(venue, 0)

    def note_quiet(self) -> None:
        """At the end of a second: which venues have not traded for a while."""
        for venue in self.by_venue:
            if self.silent_ns(venue) > QUIET_NS:
                self.quiet_s[venue] = self.now_s

    def flows(self, venue: str) -> bool:
        """Whether the venue has traded without a pause for as long as a rate looks back."""
        return self.now_s - self.quiet_s.get(venue, 0) >= RATE_S

    def unheard(self) -> frozenset[str]:
        """Venues of which nobody can say that they are calm: nothing came of these markets, nor traded anywhere there,
        for seconds; or a connection is down. With all of them also the market.
        """
        lost = {word.venue for word in self.words.values() if word.state in LOST}
        before_ns = self.now_ns - int(self.config.withdrawal.blind_s * NS)
        for venue, keys in self.by_venue.items():
            if self.last_trades.get(venue, 0) < before_ns and all(
                self.markets[key].delay.last_event_ns < before_ns for key in keys
            ):
                lost.add(venue)
        return frozenset({*lost, MARKET} if lost.issuperset(self.by_venue) else lost)

    def hear(self, word: VenueStatus | SelfCheck, now_ns: int) -> None:
        """Take what a venue says of itself or of a market, or we of a connection or of what we read."""
        if word.instrument != EVERY_INSTRUMENT:
            market = self.markets.get(key_of(word.venue, word.instrument))
            if market is not None and isinstance(word, VenueStatus):
                market.halted = word.state == "halted"
            return
        session, reason = (word.session, word.reason) if isinstance(word, VenueStatus) else (word.check, "")
        key = f"{word.venue}|{session}"
        state = word.state
        if state == "up" or state == "ok":
            self.words.pop(key, None)
            if state == "up":
                self.words.pop(f"{word.venue}|{MARKET_LIST}", None)
        elif state != "connecting":  # a connection that was lost is down until it is up
            known = self.words.get(key)
            since_ns = known.since_ns if known is not None and known.state == state else now_ns
            self.words[key] = VenueWord(
                venue=word.venue, session=session, state=state, since_ns=since_ns, reason=reason
            )

    def tell_dollars(self, worth: Mapping[str, float], now_ns: int) -> None:
        """Take what a tick says of quote currencies. Several producers' ticks may speak of different ones."""
        for quote, value in worth.items():
            self.quotes_in_dollars[quote] = (value, now_ns)

    def dollars(self, quote: str) -> float:
        """What one coin of a quote currency is worth in dollars, by its own markets; 1.0 where nobody says."""
        value, told_ns = self.quotes_in_dollars.get(quote, (1.0, 0))
        return value if told_ns > self.now_ns - TOLD_NS else 1.0

    def known_dollars(self, coin: str) -> float | None:
        """What one coin is worth in dollars; None where nobody says."""
        value, told_ns = self.quotes_in_dollars.get(coin, (0.0, 0))
        return value if value > 0 and told_ns > self.now_ns - TOLD_NS else None

    def floor_usd_min(self, asset: str) -> float:
        """Dollars of liquidations a minute that count for this asset."""
        flow = self.config.flow
        if asset in self.config.majors:
            return flow.major_floor_usd_min
        return flow.large_floor_usd_min if asset in self.config.large else flow.other_floor_usd_min


def _lot(instrument: Instrument) -> tuple[object, ...]:
    return instrument.contract, instrument.contract_value


def key_of(venue: str, instrument: str) -> str:
    """The key of a market."""
    return f"{venue}|{instrument}"
