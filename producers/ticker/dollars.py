"""What one coin of a quote currency, or of one that is staked, is worth in dollars, by its own markets."""

from __future__ import annotations

from statistics import median

import msgspec

from schemas.instrument import DOLLARS, Instrument
from schemas.market import Trade

FRESH_NS = 60_000_000_000
"""A market that has not traded for a minute says nothing about now."""

AGAINST = ("USD", "USDT")
"""Dollars themselves are asked first; without them the coin that most others trade against."""

STAKED = frozenset({"ETH", "SOL"})
"""What staked collateral is held against: its assets are elsewhere, and cannot know what the coin below them costs."""


class PegMarket(msgspec.Struct):
    """The last price of a market against dollars."""

    base: str
    quote: str
    price: float = 0.0
    last_ns: int = 0


class Dollars(msgspec.Struct):
    """All such markets, by instrument and venue."""

    markets: dict[str, dict[str, PegMarket]] = {}
    recent: list[tuple[int, str, str, float]] = []
    """Time, venue, instrument and price of trades that another may still precede."""

    def define(self, instrument: Instrument) -> None:
        """Make a market known. Only those of a dollar coin, or of one that is staked, against dollars matter here."""
        base, quote = instrument.base, instrument.quote
        wanted = (base in DOLLARS and base != "USD") or (base in STAKED and instrument.market == "spot")
        if wanted and quote in AGAINST:
            self.markets.setdefault(instrument.instrument, {}).setdefault(instrument.venue, PegMarket(base, quote))

    def on_trade(self, trade: Trade, now_ns: int) -> None:
        """Account for a trade on a market that may be one of these."""
        if trade.venue in self.markets[trade.instrument] and trade.print == "market":
            self.recent.append((now_ns, trade.venue, trade.instrument, trade.price))

    def worth(self, now_ns: int) -> dict[str, float]:
        """Dollars for one coin at `now_ns`, before which every trade is known, in alphabetical order; a coin of which
        no market tells is absent.
        """
        self._settle(now_ns)
        prices: dict[tuple[str, str], list[float]] = {}
        for venues in self.markets.values():
            for market in venues.values():
                if market.last_ns > now_ns - FRESH_NS:
                    prices.setdefault((market.base, market.quote), []).append(market.price)
        worth = {base: median(found) for (base, quote), found in prices.items() if quote == "USD"}
        tether = worth.get("USDT", 1.0)
        for (base, quote), found in prices.items():
            if quote == "USDT" and base not in worth:
                worth[base] = median(found) * tether
        return dict(sorted(worth.items()))

    def _settle(self, until_ns: int) -> None:
        for ns, venue, instrument, price in sorted(self.recent):
            if ns < until_ns:
                market = self.markets[instrument][venue]
                market.price, market.last_ns = price, ns
        self.recent = [trade for trade in self.recent if trade[0] >= until_ns]
