"""Lighter's wire: bounds on its numbers, and what it leaves out."""

from __future__ import annotations

import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues.lighter_wire import Frame, Listed, Listing, Row, read


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"order_book":{"nonce":1,"bids":[{"price":"NaN","size":"1"}]}}', "bad_number"),
        (b'{"order_book":{"nonce":1,"bids":[{"price":"1","size":"-1"}]}}', "bad_number"),
        (b'{"order_book":{"nonce":1,"bids":[{"price":"1e9","size":"1"}]}}', "bad_number"),
        (b'{"order_book":{"nonce":1,"bids":[{"price":"1"}]}}', "bad_shape"),
        (b'{"order_book":{"nonce":"x"}}', "bad_shape"),
        (b'{"type":', "bad_json"),
        (b'{"type":"\xff"}', "bad_json"),
    ],
)
def test_what_no_book_can_hold_is_refused(body: bytes, reason: str) -> None:
    """Levels stay text on their way to the book, which trusts them."""
    with pytest.raises(DecodeError) as raised:
        read(body, Frame)
    assert raised.value.reason == reason


@pytest.mark.parametrize("price", ["0", "-1", "inf", "1e300"])
def test_a_fill_has_a_price(price: str) -> None:
    """A price of zero would be a liquidation of nothing."""
    body = b'{"trade_id":1,"size":"1","price":"%s","is_maker_ask":true,"timestamp":1}' % price.encode()
    with pytest.raises(DecodeError, match="bad_number"):
        read(body, Row)


def test_lists_may_be_null() -> None:
    """The venue writes null for a list without rows."""
    frame = read(b'{"type":"update/trade","channel":"trade:0","trades":null,"liquidation_trades":null}', Frame)
    assert (frame.trades, frame.liquidation_trades) == (None, None)
    assert read(b'{"order_book_details":[],"spot_order_book_details":null}', Listing).markets() == []


def test_the_step_of_the_price_is_as_many_places_as_listed() -> None:
    """A market that does not say leaves the step to the book."""
    listed = Listed(symbol="ETH", market_id=0, supported_price_decimals=2)
    assert listed.tick_size() == 0.01
    assert msgspec.structs.replace(listed, supported_price_decimals=None).tick_size() is None
