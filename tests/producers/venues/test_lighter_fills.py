"""Lighter's fills: whose position was closed, and when."""

from __future__ import annotations

import pytest

from producers.errors import DecodeError
from producers.venues.lighter import Lighter
from producers.venues.lighter_fills import engine_ns, fill
from producers.venues.lighter_wire import Row
from schemas.market import Adl, Liquidation, Trade

AT_MS = 1_790_000_000_000
RECV_NS = AT_MS * 10**6 + 50_000_000


def told(kind: str, *, bought: bool, taker_had: float = 0.0, maker_had: float = 0.0) -> list[object]:
    """What half a coin of ETH says."""
    instrument = Lighter().infer_instrument("ETH:0", RECV_NS)
    assert instrument is not None
    row = Row(
        trade_id=7, size=0.5, price=2000.0, is_maker_ask=bought, timestamp=AT_MS, type=kind,
        taker_position_size_before=taker_had, maker_position_size_before=maker_had,
    )  # fmt: skip
    return list(fill(row, instrument, RECV_NS))


@pytest.mark.parametrize(("had", "side"), [(-0.5, "short"), (0.5, "long"), (0.0, "short")])
def test_the_position_before_tells_what_was_liquidated_and_else_the_side(had: float, side: str) -> None:
    """The venue leaves out what is zero."""
    trade, forced = told("liquidation", bought=True, taker_had=had)
    assert isinstance(trade, Trade)
    assert isinstance(forced, Liquidation)
    assert (trade.print, forced.liquidated, forced.notional_usd, forced.price_kind) == ("market", side, 1000.0, "fill")


@pytest.mark.parametrize(
    ("bought", "had", "side"), [(False, -2.0, "short"), (False, 0.0, "short"), (True, 0.0, "long")]
)
def test_the_maker_of_a_deleveraging_was_in_profit(bought: bool, had: float, side: str) -> None:
    """The taker is the bankrupt party: inferred, not captured."""
    trade, closed = told("deleverage", bought=bought, maker_had=had)
    assert isinstance(trade, Trade)
    assert isinstance(closed, Adl)
    assert (trade.print, closed.deleveraged) == ("adl", side)


def test_a_settlement_moves_no_price() -> None:
    """Nobody met in the book."""
    (trade,) = told("market-settlement", bought=True)
    assert isinstance(trade, Trade)
    assert trade.print == "other"


def test_times_are_the_engines_where_it_tells_them() -> None:
    """To the microsecond; a second in their place would be 1970."""
    assert engine_ns(AT_MS * 1000 + 7, 0, RECV_NS) == AT_MS * 10**6 + 7000
    assert engine_ns(0, AT_MS, RECV_NS) == AT_MS * 10**6
    with pytest.raises(DecodeError, match="bad_time"):
        engine_ns(AT_MS, AT_MS, RECV_NS)
