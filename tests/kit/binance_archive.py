"""Tables as Binance's public archive has them, made up in its shapes and saved under its names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from producers.tables.known import table_of
from producers.tables.table import Table
from producers.tables.tardis_symbols import Markets
from schemas.base import Event
from tests.kit.vision_archive import zipped

BEGINS_MS = 1_760_130_000_000
"""2025-10-10 21:00 UTC."""


def saved(folder: Path, name: str, lines: Iterable[str], *, as_zip: bool = False) -> Path:
    """A file of these lines under `folder/name`, as text or as the zip that the archive makes of it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in lines)
    path.write_bytes(zipped(f"{path.stem}.csv", text) if as_zip else text.encode())
    return path


def read(path: Path, *, markets: Markets | None = None) -> tuple[Table, list[Event]]:
    """The reader that `cascade replay` would choose, and everything that it gives."""
    table = table_of(path, markets or Markets())
    assert table is not None
    return table, list(table)


def depth_rows(time: str, figures: Sequence[tuple[float, float, float]]) -> list[str]:
    """Rows of one moment."""
    return [f"{time},{percent:g},{depth:.8f},{notional:.8f}" for percent, depth, notional in figures]


def book_figures(
    orders: Iterable[tuple[float, float]], *, mid: float, inverse_usd: float = 0.0
) -> list[tuple[float, float, float]]:
    """What the archive says of bids and asks as (price, lots): sums from mid to each line, bids below zero.

    Bids are the orders with negative lots. With `inverse_usd` lots are contracts of so many dollars, and what they are
    worth is in coin.
    """
    figures: list[tuple[float, float, float]] = []
    every = list(orders)
    for line in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5):
        edge = mid * (1 + line / 100)
        if line < 0:
            within = [(price, -lots) for price, lots in every if lots < 0 and price >= edge]
        else:
            within = [(price, lots) for price, lots in every if lots > 0 and price <= edge]
        worth = sum(lots * inverse_usd / price if inverse_usd else lots * price for price, lots in within)
        figures.append((line, sum(lots for _, lots in within), worth))
    return figures


def ladder(mid: float, lots: float) -> list[tuple[float, float]]:
    """An even book: `lots` at every tenth of a percent on both sides, to six percent."""
    steps = [step / 1000 + 0.0005 for step in range(60)]
    return [(mid * (1 - step), -lots) for step in steps] + [(mid * (1 + step), lots) for step in steps]
