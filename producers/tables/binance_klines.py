"""One-minute candles of Binance's archive, as the trades of `binance_candles`. COIN-M counts contracts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from producers.errors import RecordingError
from producers.tables.binance_candles import MINUTE_NS, Candle, told
from producers.tables.binance_files import BinanceTable, time_ns
from producers.tables.tardis_symbols import Markets
from schemas.base import Event

OTHERS = ("markPriceKlines", "indexPriceKlines", "premiumIndexKlines")
"""Folders of candles of what nobody traded at; their files have the same names."""

_MICROSECONDS = re.compile(r"\d{16},")


class BinanceKlines(BinanceTable):
    """Candles of any market."""

    kind = "klines"
    family = "trades"
    header = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        "taker_buy_volume,taker_buy_quote_volume,ignore"
    )
    row = re.compile(r"\d{13,16}(?:,[\d.]+){5},\d{13,16}(?:,[\d.]+){5}")

    def __init__(self, path: Path, markets: Markets) -> None:
        super().__init__(path, markets)
        for folder in path.absolute().parents:
            if folder.name in OTHERS:
                raise RecordingError(f"{path}: {folder.name}: nobody traded at these prices; fetch klines")

    @classmethod
    def shaped_for(cls, first_line: str) -> Literal["spot", "futures"] | None:
        """Only spot counts microseconds, and only since 2025."""
        return "spot" if _MICROSECONDS.match(first_line) else None

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        candles = (candle for run in lines for line in run if (candle := self._candle(line)) is not None)
        yield from told(candles, self._market, self.skipped)

    def _candle(self, line: str) -> Candle | None:
        """The candle of a row; None, and counted, where it is none."""
        fields = line.split(",")
        try:
            opens_ns, closes_ns = time_ns(int(fields[0])), time_ns(int(fields[6]))
            opened, high, low, close, volume, bought = (float(fields[at]) for at in (1, 2, 3, 4, 5, 9))
        except IndexError:
            self.skipped["bad_shape"] += 1
            return None
        except ValueError:
            self.skipped["bad_number"] += 1
            return None
        if not opens_ns or not 0 < closes_ns - opens_ns < MINUTE_NS:
            self.skipped["bad_time"] += 1
            return None
        share = bought / volume if volume > 0 else 0.0
        candle = Candle(opens_ns, opened, high, low, close, volume, share)
        if not candle.possible or not 0.0 <= share <= 1.0:
            self.skipped["bad_number"] += 1
            return None
        return candle
