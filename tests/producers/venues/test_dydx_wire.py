import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues import dydx_wire as wire

SHOWN = [wire.Frame, wire.Whole, wire.Book, wire.TradeRow, wire.Trades, wire.Listing]


@pytest.mark.parametrize("of", SHOWN, ids=lambda of: of.__name__)
def test_the_captured_frames_decode(of: type) -> None:
    """The documentation beside a parser must be what it parses."""
    assert isinstance(msgspec.json.decode((of.__doc__ or "").encode(), type=of, strict=False), of)


def test_a_third_member_of_a_level_is_passed_over() -> None:
    """It was a message number once, and may come back."""
    (book,) = wire.book(msgspec.Raw(b'{"bids":[["11.21","2","8468"]]}'), whole=False)
    assert [(level.price, level.size) for level in book.bids] == [(11.21, 2.0)]


@pytest.mark.parametrize("level", ['["0","1"]', '["1","-1"]', '["nan","1"]', '["1","inf"]', '["1"]', '{"price":"1"}'])
def test_a_level_that_is_none_is_refused(level: str) -> None:
    """A NaN ends every sum that it enters."""
    with pytest.raises(DecodeError):
        wire.book(msgspec.Raw(b'{"asks":[%s]}' % level.encode()), whole=False)


def test_a_time_without_its_zone_is_refused() -> None:
    """Read in the machine's own zone it would be hours off."""
    with pytest.raises(DecodeError):
        wire.read(wire.blocks, b'{"time":"2024-01-01T00:00:01.000"}')
