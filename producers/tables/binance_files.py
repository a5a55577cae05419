"""What the files of Binance's public archive share: the symbol stands in the name, the market in the folder or shape.

`cascade fetch` saves each file under the path that it has on the server. A file that was moved out of there still tells
its market, where the number of its columns or its symbol does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Literal

from producers.errors import RecordingError
from producers.tables.table import EARLIEST_US, LATEST_US, Table, first_line
from producers.tables.tardis_symbols import Markets
from producers.venues.binance_wire import COIN_MARGINED
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import Side

Market = Literal["spot", "um", "cm"]

EXCHANGES: dict[Market, str] = {"spot": "binance", "um": "binance-futures", "cm": "binance-delivery"}
"""The market's name among those of other tables, so that a market of both is one."""
TAKERS: dict[str, Side] = {"true": "sell", "True": "sell", "false": "buy", "False": "buy"}
"""The taker, by whether the buyer was the maker."""
EARLIEST_NS, LATEST_NS = EARLIEST_US * 1000, LATEST_US * 1000

_NAME = re.compile(r"([^\W_]+(?:_[A-Z0-9]+)?)-(?:aggTrades|trades|bookDepth|metrics|1m)-\d{4}-\d\d(?:-\d\d)?\.")
_FOLDERS: tuple[Market, ...] = ("spot", "um", "cm")
_MICROSECONDS_FROM = 10**14
"""In milliseconds the year 5138."""


class BinanceTable(Table):
    """A file of one market and day, or month; `SYMBOL-KIND-DATE` is its name. A first line that is a row is read too.

    Raises `RecordingError` where name, folder and shape do not say which market it is of.
    """

    row: ClassVar[re.Pattern[str]]
    """A row of a file without a header, as older files are."""

    def __init__(self, path: Path, markets: Markets) -> None:
        super().__init__(path, markets)
        named = _NAME.match(path.name)
        if named is None:
            kind = "1m" if self.kind == "klines" else self.kind
            raise RecordingError(f"{path}: which market? Name it as the archive does: BTCUSDT-{kind}-2025-10-10.zip")
        self._symbol = named[1]
        self._exchange = EXCHANGES[self._market_of(path)]

    @classmethod
    def reads(cls, first_line: str, path: Path) -> bool:  # noqa: ARG003
        """By the header, or by the shape of the first row."""
        return first_line == cls.header or cls.row.fullmatch(first_line) is not None

    @classmethod
    def shaped_for(cls, first_line: str) -> Literal["spot", "futures"] | None:  # noqa: ARG003
        """The market that the shape of a line tells, if it does."""
        return "futures"

    def _market_of(self, path: Path) -> Market:
        if COIN_MARGINED.fullmatch(self._symbol):
            return "cm"
        for folder in path.absolute().parents:
            for market in _FOLDERS:
                if folder.name == market:
                    return market
        shaped_for = self.shaped_for(first_line(path))
        if shaped_for is None:
            advice = "put it into a folder called spot or um, as `cascade fetch` does"
            raise RecordingError(f"{path}: {self.kind} of spot and of futures look alike: {advice}")
        return "spot" if shaped_for == "spot" else "um"

    def _market(self, ts_ns: int) -> Instrument | None:
        """The market of this file, for the caller to yield before its first event; None, and counted, of no market."""
        return self._define(self._exchange, self._symbol, ts_ns, ts_ns)


def time_ns(number: int) -> int:
    """A time that is in microseconds (spot, since 2025) or in milliseconds; 0 where it is in neither.

    >>> time_ns(1760130000123), time_ns(1760130000123456), time_ns(1760130000)
    (1760130000123000000, 1760130000123456000, 0)
    """
    ns = number * 1000 if number > _MICROSECONDS_FROM else number * 1_000_000
    return ns if EARLIEST_NS < ns < LATEST_NS else 0


def unread_rows(market: Instrument, since_ns: int, now_ns: int) -> Gap:
    """Rows in between could not be read: the ids that they had are no fills that did not print."""
    return Gap(
        venue=market.venue,
        instrument=market.instrument,
        ts_event_ns=now_ns,
        ts_recv_ns=now_ns,
        channel="trade",
        since_ns=since_ns,
        reason="rows that could not be read",
    )
