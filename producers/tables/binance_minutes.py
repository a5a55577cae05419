"""Plain one-minute candles of a Binance spot market, named like `USDEUSDT_binance_1m_2025-10-10.csv`.

They are the trades of `binance_candles`. Who took is not told: takers bought in a minute that rose, sold in one that
fell, and did both alike in one that did neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from producers.errors import RecordingError
from producers.tables.binance_candles import Candle, told
from producers.tables.binance_files import EARLIEST_NS, EXCHANGES, LATEST_NS
from producers.tables.binance_metrics import utc_ns
from producers.tables.table import Table
from producers.tables.tardis_symbols import Markets
from schemas.base import Event

_NAME = re.compile(r"([A-Z0-9]+)_binance_1m[_.]")


class BinanceMinutes(Table):
    """Candles of one spot market. Raises `RecordingError` where the name does not say which."""

    kind = "one-minute candles"
    family = "trades"
    header = "minute_utc,open,high,low,close,volume"

    def __init__(self, path: Path, markets: Markets) -> None:
        super().__init__(path, markets)
        named = _NAME.match(path.name)
        if named is None:
            raise RecordingError(f"{path}: which market? Name it SYMBOL_binance_1m_DATE.csv for a Binance spot market")
        self._symbol = named[1]

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        candles = (candle for run in lines for line in run if (candle := self._candle(line)) is not None)
        spot = EXCHANGES["spot"]
        yield from told(candles, lambda ns: self._define(spot, self._symbol, ns, ns), self.skipped)

    def _candle(self, line: str) -> Candle | None:
        """The candle of a row; None, and counted, where it is none."""
        try:
            time_text, *number_texts = line.split(",")
            opened, high, low, close, volume = map(float, number_texts)
            ns = utc_ns(time_text)
        except ValueError:
            self.skipped["bad_shape" if line.count(",") != self.header.count(",") else "bad_number"] += 1
            return None
        bought = 0.5 if close == opened else float(close > opened)
        candle = Candle(ns, opened, high, low, close, volume, bought)
        if not EARLIEST_NS < ns < LATEST_NS:
            self.skipped["bad_time"] += 1
        elif not candle.possible:
            self.skipped["bad_number"] += 1
        else:
            return candle
        return None
