import msgspec
import pytest

from producers.venues import kraken_futures_wire as wire

FRAMES = [wire.BookFrame, wire.WholeFrame, wire.TradeFrame, wire.TickerFrame]
SINGLE = [wire.Level, wire.Order, wire.Fill, wire.Element, wire.Executions, wire.Listed, wire.Listing, wire.Probe]


def captured(of: type) -> bytes:
    """The frame that a docstring shows."""
    return (of.__doc__ or "").partition(";")[0].encode()


@pytest.mark.parametrize("of", [*FRAMES, *SINGLE], ids=lambda of: of.__name__)
def test_the_captured_frames_decode(of: type) -> None:
    """The documentation beside a parser must be what it parses."""
    assert isinstance(msgspec.json.decode(captured(of), type=of, strict=False), of)


@pytest.mark.parametrize(
    ("key", "value"), [("price", "0"), ("price", "-1"), ("price", "1e999"), ("qty", "-1"), ("side", '"both"')]
)
def test_numbers_have_bounds(key: str, value: str) -> None:
    """An infinity or a negative size ends every sum that it enters."""
    raw = msgspec.json.decode(captured(wire.TradeFrame))
    text = msgspec.json.encode(raw | {key: "HERE"}).replace(b'"HERE"', value.encode())
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=wire.TradeFrame)
