"""What the server knows about the markets of a recording: from its header, or from the symbols that it holds."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from schemas.instrument import Contract, Instrument, Kind


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What a market list says about one market."""

    symbol: str
    base: str
    quote: str
    kind: Kind = "perp"
    contract: Contract = "linear"
    contract_value: float = 1.0
    """Base coin (spot, linear) or USD (inverse) in one lot."""
    tick: str = "0.01"
    step: str = "0.001"
    """Of the quantity, in lots."""
    expiry: str = ""
    """`20261225` of a delivery contract."""


def market_of(instrument: Instrument) -> Market:
    """A market from a recording's header."""
    return Market(
        symbol=instrument.symbol,
        base=instrument.base,
        quote=instrument.quote,
        kind=instrument.market,
        contract=instrument.contract,
        contract_value=instrument.contract_value or 1.0,
        tick=format(Decimal(repr(instrument.tick_size)), "f") if instrument.tick_size else "0.01",
        expiry=instrument.instrument.rpartition("-")[2] if instrument.market == "future" else "",
    )


def decimals(number: str) -> int:
    """Places after the point.

    >>> decimals("0.0500"), decimals("60000")
    (2, 0)
    """
    return len(number.partition(".")[2].rstrip("0"))


def step(places: int) -> str:
    """The smallest step of a number with so many places.

    >>> step(3), step(0)
    ('0.001', '1')
    """
    return format(Decimal(1).scaleb(-places), "f")
