import msgspec
import pytest

from producers.venues import hyperliquid_wire as wire

FRAMES = [wire.BookFrame, wire.BboFrame, wire.TradesFrame, wire.ContextFrame]


def captured(of: type) -> bytes:
    """The frame that a docstring shows."""
    return next(line.strip() for line in (of.__doc__ or "").splitlines() if line.strip().startswith("{")).encode()


@pytest.mark.parametrize("of", FRAMES, ids=lambda of: of.__name__)
def test_the_captured_frames_decode(of: type) -> None:
    """The documentation beside a parser must be what it parses."""
    assert isinstance(msgspec.json.decode(captured(of), type=wire.MarketFrame, strict=False), of)


def test_the_captured_fill_decodes() -> None:
    """It is the public sight of auto-deleveraging."""
    fill = msgspec.json.decode(captured(wire.Fill), type=wire.Fill, strict=False)
    assert (fill.direction, fill.px, fill.sz) == ("Auto-Deleveraging", 22.075, 28.53)
    assert fill.liquidation is not None
    assert fill.liquidation.method == "backstop"


@pytest.mark.parametrize("number", ["-1", "NaN", "1e5", "1e999", "", "1.", "0x1", '1"],["9', " 1", "1\n", "١"])
def test_a_level_is_plain_decimals(number: str) -> None:
    """Levels are put together as text: anything else could become another level."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"px": number, "sz": "1"}, wire.Level)


def test_levels_keep_their_digits() -> None:
    """A price that went through a float has other digits, and another tick."""
    levels = (wire.Level(px="0.00000120", sz="3.40"), wire.Level(px="0.00000110", sz="1"))
    assert bytes(wire.raw_levels(levels)) == b'[["0.00000120","3.40"],["0.00000110","1"]]'
    assert bytes(wire.raw_levels(())) == b"[]"
