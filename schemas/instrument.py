"""Instruments: canonical names, and how a venue's quantity becomes base coin and dollars.

The canonical id is `BASE-QUOTE-KIND`: `BTC-USDT-PERP`, `BTC-USD-PERP` (inverse), `BTC-USDT-SPOT`, `BTC-USD-20261225`.
It is unique within a venue; the pair (venue, instrument) is unique everywhere.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from schemas.base import Event
from schemas.units import BaseQuantity, Identifier, Price, Usd

Kind = Literal["spot", "perp", "future"]
Contract = Literal["spot", "linear", "inverse", "quanto"]

DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "BUSD", "USDE", "DAI"})
"""Quote currencies counted as one dollar. A broken peg among them is S5's business, not the notional's."""

ContractValue = Annotated[
    float | None,
    msgspec.Meta(
        description="What one lot is worth: base coin (spot, linear), USD (inverse); null when unknown.",
        extra_json_schema={"unit": "base coin or USD per lot"},
    ),
]


class Instrument(Event, frozen=True, tag="instrument"):
    """The definition of a market; it precedes every other event of that market in a stream.

    An unknown `contract_value` makes every notional of the market UNKNOWN (None): it is never guessed to be 1.
    """

    symbol: Identifier
    """The venue's own name."""
    base: Identifier
    """The asset that is priced: `BTC`."""
    quote: Identifier
    """The currency of the price: `USDT`."""
    market: Kind
    contract: Contract
    """How a lot is valued: in the base coin (spot, linear), in dollars (inverse), or in neither (quanto)."""
    contract_value: ContractValue
    tick_size: Price | None = None
    """Smallest price step; None lets the book learn it from the levels."""

    def notional_usd(self, qty: float, price: float) -> Usd | None:
        """Dollars in `qty` lots at `price` (quote per base); None where the contract value or the quote is unknown.

        >>> btc = Instrument(venue="binance-coinm", instrument="BTC-USD-PERP", ts_event_ns=0, ts_recv_ns=0,
        ...     symbol="BTCUSD_PERP", base="BTC", quote="USD", market="perp", contract="inverse", contract_value=100.0)
        >>> btc.notional_usd(5, 60_000.0)
        500.0
        """
        if self.contract_value is None or self.quote not in DOLLARS:
            return None
        if self.contract == "inverse":
            return qty * self.contract_value
        if self.contract == "quanto":
            return None
        return qty * self.contract_value * price

    def base_qty(self, qty: float, price: float) -> BaseQuantity | None:
        """Base coin in `qty` lots at `price`; None where the contract value is unknown."""
        if self.contract_value is None or self.contract == "quanto":
            return None
        if self.contract == "inverse":
            return qty * self.contract_value / price if price > 0 else None
        return qty * self.contract_value


def canonical_id(base: str, quote: str, market: Kind, expiry: str | None = None) -> str:
    """The canonical name of a market.

    >>> canonical_id("BTC", "USDT", "perp")
    'BTC-USDT-PERP'
    >>> canonical_id("BTC", "USD", "future", "20261225")
    'BTC-USD-20261225'
    """
    suffix = {"spot": "SPOT", "perp": "PERP"}.get(market) or expiry
    if not suffix:
        raise ValueError(f"a future needs its expiry date: {base}-{quote}")
    return f"{base}-{quote}-{suffix}"
