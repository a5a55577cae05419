"""What the archive holds and where: markets, kinds of tables, and the path of each day's or month's file. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from producers.errors import UsageError
from producers.venues.binance_wire import COIN_MARGINED

ARCHIVE = "https://data.binance.vision"

FOLDERS = {"spot": "data/spot", "um": "data/futures/um", "cm": "data/futures/cm"}
"""Folder of each market: spot, USD-M and COIN-M futures."""

MONTHLY_TOO = ("aggTrades", "trades", "klines")
"""Kinds that come by the month as well, and on spot the only ones."""
KINDS = (*MONTHLY_TOO, "bookDepth", "metrics")
"""Kinds for which there is a reader."""
INTERVAL = "1m"
"""Of candles: the only one that `cascade replay` reads."""

USUAL = {
    "spot": ("aggTrades",),
    "um": ("aggTrades", "bookDepth", "metrics"),
    "cm": ("aggTrades", "bookDepth", "metrics"),
}
"""Kinds that are fetched unless told otherwise: all that the rules can use, and of trades the smaller files."""

Period = Literal["daily", "monthly"]

_SYMBOL = re.compile(r"[^\W_][^\W_]*(_[A-Z0-9]+)?")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of table of one symbol over some days.

    >>> from datetime import date
    >>> wanted = Wanted(market="um", symbol="BTCUSDT", kind="klines", days=(date(2025, 10, 10),))
    >>> wanted.daily(date(2025, 10, 10))
    'data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.zip'
    """

    market: str
    symbol: str
    kind: str
    days: tuple[date, ...]

    def daily(self, day: date) -> str:
        """The path of a day's file."""
        return self._path("daily", f"{day:%Y-%m-%d}")

    def monthly(self, day: date) -> str | None:
        """The path of the file of the whole month of a day; None for kinds that come by the day alone."""
        return self._path("monthly", f"{day:%Y-%m}") if self.kind in MONTHLY_TOO else None

    def months(self) -> list[tuple[date, ...]]:
        """The days, month by month."""
        found: dict[tuple[int, int], list[date]] = {}
        for day in self.days:
            found.setdefault((day.year, day.month), []).append(day)
        return [tuple(days) for days in found.values()]

    def _path(self, period: Period, stamp: str) -> str:
        folder = f"{FOLDERS[self.market]}/{period}/{self.kind}/{self.symbol}"
        if self.kind == "klines":
            return f"{folder}/{INTERVAL}/{self.symbol}-{INTERVAL}-{stamp}.zip"
        return f"{folder}/{self.symbol}-{self.kind}-{stamp}.zip"


def wanted(market: str, symbols: Sequence[str], kinds: Sequence[str], first: date, last: date) -> list[Wanted]:
    """What a person asks for, from the first day to the last, both included. Raises `UsageError`."""
    if market not in FOLDERS:
        raise UsageError(f"unknown market {market!r}; there are {', '.join(FOLDERS)}")
    if last < first:
        raise UsageError(f"the days end on {last}, before they begin on {first}")
    days = tuple(first + timedelta(days=count) for count in range((last - first).days + 1))
    names = [_symbol(market, symbol) for symbol in symbols if symbol.strip()]
    chosen = [_kind(market, kind) for kind in kinds if kind.strip()]
    if not names or not chosen:
        raise UsageError("name at least one symbol and one kind of table")
    return [
        Wanted(market=market, symbol=symbol, kind=kind, days=days)
        for symbol in dict.fromkeys(names)
        for kind in dict.fromkeys(chosen)
    ]


def usual_kinds(market: str) -> tuple[str, ...]:
    """Kinds for a person who names none.

    >>> usual_kinds("spot"), usual_kinds("um")
    (('aggTrades',), ('aggTrades', 'bookDepth', 'metrics'))
    """
    return USUAL.get(market, KINDS)


def _kind(market: str, text: str) -> str:
    there = MONTHLY_TOO if market == "spot" else KINDS
    for kind in there:
        if kind.lower() == text.strip().lower():
            return kind
    raise UsageError(f"unknown kind {text.strip()!r}; of {market} there are {', '.join(there)}")


def _symbol(market: str, text: str) -> str:
    symbol = text.strip().upper()
    if not _SYMBOL.fullmatch(symbol):
        raise UsageError(f"{symbol!r} is no symbol; one looks like {'BTCUSD_PERP' if market == 'cm' else 'BTCUSDT'}")
    coin_margined = COIN_MARGINED.fullmatch(symbol) is not None
    if coin_margined and market != "cm":
        raise UsageError(f"{symbol} is margined in coin: ask for the market cm")
    if market == "cm" and not coin_margined:
        raise UsageError(f"{symbol} is no symbol of cm; one looks like BTCUSD_PERP or BTCUSD_251226")
    return symbol
