import msgspec
import pytest

from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal
from producers.venues import hyperliquid_wire as wire

FAILURE = DecodeError("bad_shape")
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


def test_the_line_of_a_node_that_is_shown_decodes() -> None:
    """A block without fills is a line too."""
    assert msgspec.json.decode(captured(wire.NodeBlock), type=wire.NodeBlock).events == ()


@pytest.mark.parametrize("number", ["-1", "NaN", "1e5", "1e999", "", "1.", "0x1", '1"],["9', " 1", "1\n", "١"])
def test_a_level_is_plain_decimals(number: str) -> None:
    """Levels are put together as text: anything else could become another level."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"px": number, "sz": "1"}, wire.Level)


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (b'{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{}}}', [Ack()]),
        (b'{"channel":"pong"}', [Pong()]),
        (b"Websocket connection established.", []),
        (b'{"channel":"allMids","data":{"mids":{"BTC":"80868.5"}}}', []),
        (
            b'{"channel":"error","data":"Already subscribed: {}"}',
            [Refusal("Already subscribed: {}", "ignore")],
        ),
        (
            b'{"channel":"error","data":"Cannot track more than 10 total users."}',
            [Refusal("Cannot track more than 10 total users.", "ignore")],
        ),
        (b'{"channel":"error","data":"Invalid subscription {}"}', [Refusal("Invalid subscription {}", "ignore")]),
        (b'{"channel":"error","data":"Something new"}', [Refusal("Something new", "reconnect")]),
    ],
)
def test_answers_become_decisions(frame: bytes, answer: list[Ack | Pong | Refusal]) -> None:
    """The session follows them without knowing the venue."""
    assert list(wire.control(frame, FAILURE)) == answer


@pytest.mark.parametrize("frame", [b"", b"[]", b'{"channel":"error","data":5}', b'{"channel":"trades","data":5}'])
def test_what_should_have_been_readable_is_an_error(frame: bytes) -> None:
    """A broken market frame taken for an unknown channel would be silence."""
    with pytest.raises(DecodeError):
        wire.control(frame, FAILURE)
