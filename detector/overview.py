"""What market-wide signals may look at: the readings of every asset at one second, pooled flow and venues' pulses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from statistics import median
from typing import NamedTuple

from detector.config import Config
from detector.pool import Pool
from detector.pulse import Pulse
from schemas.alert import MARKET
from schemas.reading import AssetReading, Liquidated, MarketReading, VenueWord

NS = 1_000_000_000


class Listed(NamedTuple):
    """A market's reading with its base asset."""

    asset: str
    market: MarketReading


class Overview:
    """One second of everything. Assets are in alphabetical order: nothing may depend on who was read first."""

    def __init__(
        self,
        config: Config,
        now_ns: int,
        assets: Sequence[AssetReading],
        pool: Pool,
        pulses: Mapping[str, Pulse],
    ) -> None:
        self.config = config
        self.now_ns = now_ns
        self.assets = assets
        self.pool = pool
        self.pulses = pulses
        self.markets = [Listed(asset.asset, market) for asset in assets for market in asset.markets]
        self._by_venue: dict[str, list[Listed]] = {}
        for listed in self.markets:
            self._by_venue.setdefault(listed.market.venue, []).append(listed)

    def venues(self) -> Iterator[tuple[str, list[Listed]]]:
        """Venues in alphabetical order with their markets."""
        for venue in sorted(self._by_venue):
            yield venue, self._by_venue[venue]

    def readings(self) -> Iterator[MarketReading]:
        """Every market's reading."""
        for _, market in self.markets:
            yield market

    def assets_watched(self) -> dict[str, int]:
        """Assets on each venue."""
        return {venue: len({listed.asset for listed in markets}) for venue, markets in self._by_venue.items()}

    @cached_property
    def middle_move(self) -> float:
        """Median 60-s move over all markets; 0.0 while none is known."""
        moves = [market.move_60s for _, market in self.markets if market.move_60s is not None]
        return median(moves) if moves else 0.0

    @cached_property
    def dislocations(self) -> list[float]:
        """Lasting deviation of each asset that has comparable markets, the largest first."""
        return sorted((a.dislocation for a in self.assets if a.dislocation is not None), reverse=True)

    @property
    def branching(self) -> float | None:
        """Branching ratio of the side that excites itself more; None while unknown."""
        sells, buys = self.pool.sells.value, self.pool.buys.value
        return None if sells is None or buys is None else max(sells, buys)

    @cached_property
    def words(self) -> tuple[VenueWord, ...]:
        """What is wrong with venues by their own word or ours, sorted; an asset that began later may not know of it."""
        told: dict[tuple[str, str], VenueWord] = {}
        for asset in self.assets:
            for word in asset.words:
                known = told.get((word.venue, word.session))
                if known is None or word.since_ns < known.since_ns:
                    told[word.venue, word.session] = word
        return tuple(told[key] for key in sorted(told))

    @cached_property
    def heard_ns(self) -> dict[str, int]:
        """When anything at all was last heard of each venue."""
        return {venue: max(m.last_event_ns for _, m in markets) for venue, markets in self._by_venue.items()}

    def unheard(self) -> frozenset[str]:
        """Venues of which nobody can say that they are calm, and with all of them the market."""
        lost = {word.venue for word in self.words if word.state in ("down", "rejected")}
        before_ns = self.now_ns - int(self.config.withdrawal.blind_s * NS)
        lost.update(venue for venue, at_ns in self.heard_ns.items() if at_ns < before_ns)
        return frozenset({*lost, MARKET} if lost.issuperset(self.heard_ns) else lost)

    def flows(self, venue: str) -> bool:
        """Whether the venue has traded without a pause for as long as a rate looks back."""
        pulse = self.pulses.get(venue)
        return pulse is not None and pulse.flows(self.now_ns // NS)

    def fresh(self, market: MarketReading, stale_s: int) -> bool:
        """Whether the market traded in the last `stale_s` seconds."""
        return market.last_trade_ns > self.now_ns - stale_s * NS

    def silent_ns(self, venue: str) -> int:
        """For how long the venue has not traded on any market; 0 or less where it just did."""
        pulse = self.pulses.get(venue)
        return self.now_ns - (pulse.last_ns if pulse is not None else 0)


def liquidated(markets: Iterable[MarketReading]) -> Liquidated | None:
    """What several markets liquidated in the last minute; None where none of them reported anything."""
    told = [market for market in markets if market.liquidated_method]
    if not told:
        return None
    reported = [market.liquidated_longs_usd + market.liquidated_shorts_usd for market in told]
    guesses = [market.liquidated_estimate_usd for market in told]
    uppers = [market.liquidated_upper_usd for market in told]
    return Liquidated(
        reported_usd=sum(reported),
        estimate_usd=sum(shown if guess is None else guess for shown, guess in zip(reported, guesses, strict=True)),
        upper_usd=None if None in uppers else sum(upper for upper in uppers if upper is not None),
        methods=tuple(sorted({market.liquidated_method for market in told})),
        partial=guesses.count(None),
    )
