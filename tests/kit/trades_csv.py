"""The synthetic crash as trades in CSV files, one a market, as a recorder of trades would have written it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemas.market import Trade
from tests.kit.synthetic_crash import PEG, synthetic_crash

HEADER = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
EXCHANGES = {"north": "north-x", "south": "coinbase"}
"""What a lot of the first is worth nobody knows; the second counts in coins."""


def crash_csv(folder: Path) -> list[Path]:
    """Six files: three assets at two exchanges."""
    paths = []
    for (exchange, symbol), rows in sorted(_rows().items()):
        path = folder / f"{exchange}_{symbol}.csv"
        path.write_text("\n".join([HEADER, *rows, ""]))
        paths.append(path)
    return paths


@cache
def _rows() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for event in synthetic_crash(1):
        if isinstance(event, Trade) and not event.instrument.startswith(PEG):
            exchange = EXCHANGES[event.venue]
            symbol = event.instrument.rpartition("-")[0]
            symbol = symbol.replace("-", "") if exchange == "north-x" else symbol
            times = f"{event.ts_event_ns // 1000},{event.ts_recv_ns // 1000}"
            row = f"{exchange},{symbol},{times},{event.trade_id},{event.taker},{event.price},{event.qty:.6f}"
            found.setdefault((exchange, symbol), []).append(row)
    return found
