"""The simulated markets: ticks, lots, calm depth, and how busy each is beside the twelve COIN-M alts."""

from __future__ import annotations

from typing import Literal, NamedTuple

from producers.reconstruction.facts import ALT_DROP, BTC_DEPTH_1PCT_USD

VenueId = Literal["binance-coinm", "binance-usdm", "binance-spot", "hyperliquid"]

ALTS = tuple(ALT_DROP)
REFERENCE_ALTS = ("ATOM", "AVAX", "DOT", "UNI")
"""Alts that other venues list here, so that COIN-M's dislocation has something to be measured against."""

BASE_PRICE = {
    "BTC": 116_850.0,
    "ETH": 4_120.0,
    "AAVE": 260.0,
    "ATOM": 3.93,
    "AVAX": 26.6,
    "BCH": 575.0,
    "DOT": 3.95,
    "ETC": 18.6,
    "FIL": 2.18,
    "TRX": 0.3303,
    "UNI": 7.45,
    "WIF": 0.73,
    "WLD": 1.151,
    "XLM": 0.372,
    "SOL": 213.0,
    "DOGE": 0.2339,
    "LINK": 20.63,
    "SUI": 3.25,
    "CRV": 0.72,
    "USDE": 1.0,
}
"""Round prices of about 20:45."""
MAJOR_BETA = {"ETH": 1.4, "SOL": 1.5, "DOGE": 2.6, "LINK": 2.3, "SUI": 3.0, "CRV": 3.2}
"""Fall of coins without a row in the published tables as a multiple of BTC's (chosen; ETH and SOL fit their lows)."""


class Market(NamedTuple):
    """One simulated market."""

    venue: VenueId
    base: str
    symbol: str
    tick: float
    tick_digits: int
    lot: float
    """Quantity step: base coin, or contracts."""
    lot_digits: int
    contract_usd: float | None
    """Dollars a contract where quantities are contracts."""
    depth_per_bp_usd: float
    calm_spread_bp: float
    share: float
    """Of the alts' pooled trades (sums to one); elsewhere trades for each of those in the calm, see `trades.py`."""


def _coinm(base: str, tick: float, digits: int, share: float, depth: float) -> Market:
    contract = 100.0 if base == "BTC" else 10.0
    spread = 0.01 if base == "BTC" else 2.0
    return Market("binance-coinm", base, f"{base}USD_PERP", tick, digits, 1.0, 0, contract, depth, spread, share)


def _linear(venue: VenueId, base: str, tick: float, digits: int, lot_digits: int, depth: float, share: float) -> Market:
    symbol = base if venue == "hyperliquid" else f"{base}USDT"
    spread = 0.01 if base in ("BTC", "ETH") else 1.0
    return Market(venue, base, symbol, tick, digits, 10.0**-lot_digits, lot_digits, None, depth, spread, share)


_ALT_DEPTH, _BTC_DEPTH = 3_000.0, BTC_DEPTH_1PCT_USD / 100
MARKETS: tuple[Market, ...] = (
    _coinm("BTC", 0.1, 1, 0.12, 400_000.0),
    _coinm("AAVE", 0.01, 2, 0.08, _ALT_DEPTH),
    _coinm("ATOM", 0.001, 3, 0.06, _ALT_DEPTH),
    _coinm("AVAX", 0.01, 2, 0.08, _ALT_DEPTH),
    _coinm("BCH", 0.01, 2, 0.08, _ALT_DEPTH),
    _coinm("DOT", 0.001, 3, 0.11, _ALT_DEPTH),
    _coinm("ETC", 0.001, 3, 0.07, _ALT_DEPTH),
    _coinm("FIL", 0.001, 3, 0.09, _ALT_DEPTH),
    _coinm("TRX", 0.00001, 5, 0.05, _ALT_DEPTH),
    _coinm("UNI", 0.001, 3, 0.13, _ALT_DEPTH),
    _coinm("WIF", 0.0001, 4, 0.07, _ALT_DEPTH),
    _coinm("WLD", 0.0001, 4, 0.12, _ALT_DEPTH),
    _coinm("XLM", 0.00001, 5, 0.06, _ALT_DEPTH),
    _linear("binance-usdm", "BTC", 0.1, 1, 3, _BTC_DEPTH, 0.20),
    _linear("binance-usdm", "ETH", 0.01, 2, 3, _BTC_DEPTH / 2, 0.12),
    _linear("binance-usdm", "ATOM", 0.001, 3, 2, 20_000.0, 0.06),
    _linear("binance-usdm", "AVAX", 0.001, 3, 0, 40_000.0, 0.06),
    _linear("binance-usdm", "DOT", 0.001, 3, 1, 25_000.0, 0.06),
    _linear("binance-usdm", "UNI", 0.001, 3, 0, 25_000.0, 0.06),
    _linear("binance-spot", "BTC", 0.01, 2, 5, _BTC_DEPTH / 6, 0.12),
    _linear("binance-spot", "ETH", 0.01, 2, 4, _BTC_DEPTH / 12, 0.06),
    _linear("binance-spot", "ATOM", 0.001, 3, 2, 8_000.0, 0.06),
    _linear("binance-spot", "AVAX", 0.01, 2, 2, 15_000.0, 0.06),
    _linear("binance-spot", "DOT", 0.001, 3, 2, 10_000.0, 0.06),
    _linear("binance-spot", "UNI", 0.001, 3, 2, 10_000.0, 0.06),
    _linear("binance-spot", "USDE", 0.0001, 4, 2, 250_000.0, 0.05),
    _linear("hyperliquid", "BTC", 1.0, 1, 5, 300_000.0, 0.08),
    _linear("hyperliquid", "ETH", 0.1, 1, 4, 150_000.0, 0.06),
    _linear("hyperliquid", "SOL", 0.01, 2, 2, 80_000.0, 0.04),
    _linear("hyperliquid", "ATOM", 0.0001, 4, 2, 5_000.0, 0.03),
    _linear("hyperliquid", "AVAX", 0.001, 3, 2, 15_000.0, 0.03),
    _linear("hyperliquid", "DOT", 0.0001, 4, 1, 8_000.0, 0.03),
    _linear("hyperliquid", "UNI", 0.0001, 4, 1, 8_000.0, 0.03),
    _linear("hyperliquid", "AAVE", 0.01, 2, 2, 8_000.0, 0.03),
    _linear("hyperliquid", "DOGE", 0.00001, 5, 0, 30_000.0, 0.03),
    _linear("hyperliquid", "LINK", 0.001, 3, 1, 15_000.0, 0.03),
    _linear("hyperliquid", "SUI", 0.0001, 4, 1, 15_000.0, 0.03),
    _linear("hyperliquid", "CRV", 0.00001, 5, 1, 8_000.0, 0.03),
)


def is_alt(market: Market) -> bool:
    """One of the twelve COIN-M alts that the minute table pools."""
    return market.venue == "binance-coinm" and market.base in ALT_DROP
