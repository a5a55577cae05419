"""The one list of tables: to add one, write its class in a file here and put it in `TABLES`."""

from __future__ import annotations

import re
from pathlib import Path

from producers.errors import RecordingError
from producers.tables.adl_waves import AdlWaves
from producers.tables.binance_agg_trades import BinanceAggTrades
from producers.tables.binance_book_depth import BinanceBookDepth
from producers.tables.binance_klines import BinanceKlines
from producers.tables.binance_metrics import BinanceMetrics
from producers.tables.binance_minutes import BinanceMinutes
from producers.tables.binance_trades import BinanceCoinTrades, BinanceTrades
from producers.tables.liquidation_prints import LiquidationPrints
from producers.tables.table import Table, first_line
from producers.tables.tardis_book_snapshots import TardisBookSnapshots5, TardisBookSnapshots25
from producers.tables.tardis_books import TardisBooks
from producers.tables.tardis_derivatives import TardisDerivatives
from producers.tables.tardis_liquidations import TardisLiquidations
from producers.tables.tardis_quotes import TardisQuotes
from producers.tables.tardis_symbols import Markets
from producers.tables.tardis_trades import TardisTrades

TABLES: tuple[type[Table], ...] = (
    TardisLiquidations,
    TardisTrades,
    TardisBooks,
    TardisBookSnapshots5,
    TardisBookSnapshots25,
    TardisQuotes,
    TardisDerivatives,
    AdlWaves,
    LiquidationPrints,
    BinanceAggTrades,
    BinanceTrades,
    BinanceCoinTrades,
    BinanceBookDepth,
    BinanceMetrics,
    BinanceKlines,
    BinanceMinutes,
)
"""Asked in this order, and the first that reads a file has it: liquidations have the columns of trades."""

ENDINGS = (".csv", ".csv.gz", ".csv.zst", ".zip")
"""Names, in small letters, of what is a table or nothing that can be read."""
_FRAME = re.compile(r"\d+ ")
_SHOWN = 80


def is_table(path: Path) -> bool:
    """Whether a file is for a reader of tables; raises as `table_of` does."""
    return _reader(path) is not None


def table_of(path: Path, markets: Markets) -> Table | None:
    """The reader of a file, or None where it is no table.

    Raises `RecordingError` where it cannot be read, or is named like a table and is none that we know.
    """
    reader = _reader(path)
    return reader(path, markets) if reader is not None else None


def _reader(path: Path) -> type[Table] | None:
    line = first_line(path)
    for table in TABLES:
        if table.reads(line, path):
            return table
    if not path.name.lower().endswith(ENDINGS) or _FRAME.match(line):
        # A recording of frames begins with a time and a space, whatever its name.
        return None
    kinds = ", ".join(dict.fromkeys(table.kind for table in TABLES))
    raise RecordingError(f"{path}: no table that we know ({kinds}); its first line is {line[:_SHOWN]!r}")
