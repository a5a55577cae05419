"""Book levels taken apart and put together again; the venue's own spelling of a number is kept."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from schemas.market import BookDelta, BookSnapshot

Row = list[str | int | float | bool | None]
"""Price, quantity, and whatever else the venue writes into a level."""

NO_LEVELS = msgspec.Raw(b"[]")

_rows: msgspec.json.Decoder[list[Row]] = msgspec.json.Decoder(list[Row])
_encoder = msgspec.json.Encoder()


def read_sides(event: BookDelta | BookSnapshot) -> tuple[list[Row], list[Row]] | None:
    """The rows of both sides; None where a book would refuse them.

    >>> price_of(["60000.5", "1"]), quantity_of(["60000.5", "1"])
    (60000.5, 1.0)
    """
    try:
        sides = _rows.decode(event.bids), _rows.decode(event.asks)
        for row in (*sides[0], *sides[1]):
            price_of(row), quantity_of(row)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, TypeError, IndexError):
        return None
    return sides


def price_of(row: Row) -> float:
    """The price of a level."""
    return float(row[0])  # type: ignore[arg-type]


def quantity_of(row: Row) -> float:
    """The quantity of a level."""
    return float(row[1])  # type: ignore[arg-type]


def write_side(rows: Iterable[Row]) -> msgspec.Raw:
    """Rows as a message holds them."""
    return msgspec.Raw(_encoder.encode(list(rows)))


def on_grid(price: float, *, tick: float, up: bool) -> float:
    """The nearest price that can be quoted, at or beyond `price`.

    >>> on_grid(100.0401, tick=0.05, up=True), on_grid(100.0401, tick=0.05, up=False)
    (100.05, 100.0)
    """
    step = Decimal(repr(tick))
    steps = (Decimal(repr(price)) / step).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
    return float(steps * step)
