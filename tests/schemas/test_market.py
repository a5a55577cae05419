from __future__ import annotations

from typing import Any

import msgspec
import pytest

from schemas.codec import decode_event, encode
from schemas.market import BookDelta, Liquidation, Trade

AT: Any = {"venue": "v", "instrument": "BTC-USDT-PERP", "ts_event_ns": 1, "ts_recv_ns": 2}


def test_a_trade_is_a_market_trade_unless_the_venue_says_otherwise() -> None:
    """Fills off the book would move prices, or real ones would not."""
    line = b'{"kind":"trade","venue":"v","instrument":"i","ts_event_ns":1,"ts_recv_ns":2,'
    trade = decode_event(line + b'"price":1.0,"qty":1.0,"notional_usd":null,"taker":"buy"}')
    assert isinstance(trade, Trade)
    assert trade.print == "market"


def test_book_levels_pass_through_byte_for_byte() -> None:
    """A price that became a float on the way could land on the neighbouring tick."""
    levels = b'[["60000.10","0.500"],["59999.90","0"]]'
    delta = BookDelta(**AT, bids=msgspec.Raw(levels), asks=msgspec.Raw(b"[]"))
    assert levels in encode(delta)
    again = decode_event(encode(delta))
    assert isinstance(again, BookDelta)
    assert bytes(again.bids) == levels


@pytest.mark.parametrize("field", ["liquidated", "price_kind", "sampled"])
def test_a_liquidation_must_say_whose_position_which_price_and_whether_it_is_sampled(field: str) -> None:
    """A parser that forgot one would let a lower bound pass as a sum, or a bankruptcy price as a trade."""
    assert field in {item.name for item in msgspec.structs.fields(Liquidation) if item.required}
