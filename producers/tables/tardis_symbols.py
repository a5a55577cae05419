"""What a Tardis exchange and symbol name: base, quote, kind of market, and what one unit of an amount is worth.

Tardis passes an exchange's own symbols and amounts on: base coin, dollars or contracts, as that exchange counts. Only
what a name says for certain is stated. A name that can be read in two ways has the quote UNKNOWN, an amount of unknown
worth has the contract value None, and either leaves every notional of the market unknown.
"""

from __future__ import annotations

import re
from itertools import chain, count
from typing import NamedTuple

import msgspec

from producers.tables.tardis_dates import expiry_of
from producers.venues import binance_spot, binance_usdm
from schemas.instrument import Contract, Instrument, Kind, canonical_id

UNKNOWN = "UNKNOWN"

VENUES = {
    "binance": "binance-spot",
    "binance-futures": "binance-usdm",
    "binance-delivery": "binance-coinm",
}
"""Names that differ from ours; all others are taken as they are."""

SPOT = frozenset(
    {
        "binance-spot", "binance-us", "binance-jersey", "bitfinex", "bitget", "bitstamp", "bybit-spot", "coinbase",
        "crypto-com", "gate-io", "gemini", "huobi", "kraken", "kucoin", "okcoin", "okex", "upbit",
    }
)  # fmt: skip
"""Venues of spot markets, whose amounts are base coin."""

MARKED = SPOT | {"coinbase-international", "deribit", "ftx", "ftx-us"}
"""Where every derivative says so in its name: the rest is spot. Elsewhere the rest is perpetual."""

SPOT_QUOTES = (
    "FDUSD", "USDT", "USDC", "USDE", "USD", "EUR", "GBP", "JPY", "KRW", "TRY", "AUD", "BRL", "CAD", "CHF", "SGD", "DAI",
    "BTC", "ETH", "BNB",
)  # fmt: skip
DERIVATIVE_QUOTES = ("FDUSD", "USDT", "USDC", "USD", "EUR")
QUOTES = {
    "binance-spot": binance_spot.QUOTES,
    "binance-usdm": binance_usdm.QUOTES,
    "binance-coinm": ("USD",),
    "bitfinex": (*SPOT_QUOTES, "UST"),
    "huobi": ("USDT", "USDC", "USDD", "HUSD", "TUSD", "EUR", "GBP", "TRY", "BRL", "BTC", "ETH"),
}
"""Quotes by which a name without a separator ends: BUSD and TUSD are quotes at few, where BNBUSD is no BN in BUSD."""

AMBIGUOUS = {"binance-us": "BUSD", "gemini": "GUSD"}
"""Endings that are a quote there, and also `USD` after a coin in B or G."""

IMPLIED_QUOTE = {
    "bybit": "USDC",
    "coinbase-international": "USDC",
    "deribit": "USD",
    "ftx": "USD",
    "ftx-us": "USD",
    "huobi-dm": "USD",
}
"""The quote of derivatives that name only their base (`BTC-PERP`)."""

ALIASES = {
    "kraken": {"XBT": "BTC", "XDG": "DOGE"},
    "bitmex": {"XBT": "BTC"},
    "cryptofacilities": {"XBT": "BTC"},
    "kucoin-futures": {"XBT": "BTC"},
    "bitfinex": {"UST": "USDT"},
    "bitfinex-derivatives": {"UST": "USDT"},
}

COIN_MARGINED = {"gate-io-futures", "huobi-dm", "huobi-dm-swap", "kucoin-futures", "okex-futures", "okex-swap"}
"""Where a contract in USD is inverse; how many dollars it is worth depends on the contract."""

_OPTION = re.compile(r".+-\d[\d.D]*-[CP](-\w+)?|[CP]-.+-\d+-\d+|.+-[CP]-\d+")
_PERPETUAL = re.compile(r"(.+?)(?:[-_]?PERP|[-_]PERPETUAL|[-_]SWAP)")
_ROLLING = re.compile(r"(.+?)[-_][CN][WQ]")
_PREFIXED = re.compile(r"[a-z]+[A-Z].*")


class _Name(NamedTuple):
    base: str
    quote: str
    market: Kind
    expiry: str | None = None

    @property
    def id(self) -> str | None:
        """The canonical id, where the name says enough for one."""
        if self.quote == UNKNOWN or (self.market == "future" and not self.expiry):
            return None
        return canonical_id(self.base, self.quote, self.market, self.expiry)


class Markets:
    """The markets of one replay: no two symbols of a venue share an id."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, str], str] = {}

    def define(self, exchange: str, symbol: str, ts_event_ns: int, ts_recv_ns: int) -> Instrument:
        """As `instrument_of`, but for an id that another symbol has: the second is called by its symbol."""
        found = instrument_of(exchange, symbol, ts_event_ns, ts_recv_ns)
        for name in chain((found.instrument, symbol), (f"{symbol}#{n}" for n in count(2))):
            if self._owners.setdefault((found.venue, name), symbol) == symbol:
                break
        return msgspec.structs.replace(found, instrument=name)


def is_option(exchange: str, symbol: str) -> bool:
    """True of options: their price is a premium, and no market of ours.

    >>> is_option("deribit", "BTC-27DEC24-50000-C"), is_option("deribit", "BTC-27DEC24")
    (True, False)
    """
    return exchange.endswith("options") or _OPTION.fullmatch(symbol.upper()) is not None


def instrument_of(exchange: str, symbol: str, ts_event_ns: int, ts_recv_ns: int) -> Instrument:
    """The instrument that a Tardis exchange and symbol name, as far as the names tell.

    >>> instrument_of("binance-delivery", "AVAXUSD_PERP", 0, 0).contract_value
    10.0
    >>> instrument_of("okex-swap", "BTC-USD-SWAP", 0, 0).contract_value is None
    True
    """
    venue = VENUES.get(exchange, exchange)
    name = _read(venue, symbol)
    contract, value = _contract(venue, symbol, name)
    return Instrument(
        venue=venue,
        instrument=name.id or symbol or UNKNOWN,
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        symbol=symbol,
        base=name.base,
        quote=name.quote,
        market=name.market,
        contract=contract,
        contract_value=value,
    )


def _read(venue: str, symbol: str) -> _Name:
    if venue == "hyperliquid":
        if "/" in symbol or symbol.startswith("@"):
            return _Name(symbol, UNKNOWN, "spot")
        # Coins of other deployers (`xyz:GOLD`) may be priced in other dollars.
        return _Name(symbol, UNKNOWN if ":" in symbol else "USDC", "perp")
    stem, market, expiry = _stem(venue, _plain(venue, symbol))
    pair = None if _PREFIXED.fullmatch(symbol) else _pair(venue, stem, market)
    if pair is None:
        return _Name(symbol.upper() or UNKNOWN, UNKNOWN, market, expiry)
    aliases = ALIASES.get(venue, {})
    base, quote = (aliases.get(coin, coin) for coin in pair)
    return _Name(base, quote, market, expiry)


def _plain(venue: str, symbol: str) -> str:
    """The symbol without what only that venue writes around it."""
    name = symbol.upper()
    if venue == "cryptofacilities":
        return re.sub(r"^[PF][IF]_", "", name)
    if venue == "bitfinex-derivatives":
        return re.sub(r"F0\b", "", name)
    return name.removesuffix("M") if venue == "kucoin-futures" else name


def _stem(venue: str, name: str) -> tuple[str, Kind, str | None]:
    """What is left of a name without the kind of its market; the kind; and the expiry date of a future."""
    if found := _PERPETUAL.fullmatch(name):
        return found[1], "perp", None
    if dated := expiry_of(venue, name):
        return dated[0], "future", dated[1]
    if venue.startswith("huobi-dm") and (found := _ROLLING.fullmatch(name)):
        return found[1], "future", None
    return name, "spot" if venue in MARKED or "/" in name else "perp", None


def _pair(venue: str, stem: str, market: Kind) -> tuple[str, str] | None:
    """Base and quote, or None where the name does not say."""
    parts = re.split(r"[-_/:]", stem)
    if len(parts) == 2 and all(parts) and parts[1][0].isalpha():
        return (parts[1], parts[0]) if venue == "upbit" else (parts[0], parts[1])
    if len(parts) != 1 or stem.endswith(AMBIGUOUS.get(venue, "?")):
        return None
    usual = SPOT_QUOTES if market == "spot" else DERIVATIVE_QUOTES
    for quote in QUOTES.get(venue, usual):
        if stem.endswith(quote) and len(stem) > len(quote):
            return stem[: -len(quote)], quote
    if venue == "bitmex" and market == "future" and stem == "XBT":
        return stem, "USD"
    implied = IMPLIED_QUOTE.get(venue)
    return (stem, implied) if implied and market != "spot" and stem else None


def _contract(venue: str, symbol: str, name: _Name) -> tuple[Contract, float | None]:
    """How an amount is valued, and what one is worth; None where that depends on the contract or is not known."""
    base, quote, market, _ = name
    dollars = quote == "USD"
    if market == "spot":
        return "spot", 1.0 if quote != UNKNOWN and venue in SPOT | {"deribit"} else None
    if quote == UNKNOWN:
        return "linear", None
    if venue == "binance-coinm":
        # Binance COIN-M rule: one BTC contract is 100 USD, every other 10 USD.
        return "inverse", 100.0 if base == "BTC" else 10.0
    if venue in ("binance-usdm", "hyperliquid"):
        return "linear", 1.0
    if venue in ("bybit", "deribit"):
        # Both count inverse contracts in dollars and linear ones in base coin.
        return "inverse" if dollars else "linear", 1.0 if quote in ("USD", "USDT", "USDC") else None
    if venue == "bitmex" and dollars:
        # One bitcoin contract is one dollar; those of other coins in USD pay a fixed amount of bitcoin.
        return ("inverse", 1.0) if base == "BTC" else ("quanto", None)
    coin_margined = venue in COIN_MARGINED or (venue == "cryptofacilities" and symbol[1:2].upper() == "I")
    return "inverse" if dollars and coin_margined else "linear", None
