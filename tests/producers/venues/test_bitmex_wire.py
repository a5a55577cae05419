import msgspec
import pytest

from producers.errors import DecodeError
from producers.venue import Ack, Refusal
from producers.venues import bitmex_wire as wire

RECV_NS = 1_732_436_139_704_000_000


@pytest.mark.parametrize(
    "shape",
    [wire.Level, wire.Trade, wire.Liquidation, wire.State, wire.Fund, wire.Listed],
    ids=lambda shape: shape.__name__,
)
def test_each_shape_reads_the_row_beside_it(shape: type[msgspec.Struct]) -> None:
    """Whoever copies a shape sees what it is of."""
    text = shape.__doc__ or ""
    msgspec.json.decode(text[text.index("{") : text.index("}") + 1].replace("\n", ""), type=shape)


@pytest.mark.parametrize(
    ("typ", "state", "expiry", "followed"),
    [
        ("FFWCSX", "Open", None, True),
        ("FFWCSF", "Open", None, True),
        ("IFXXXP", "Open", None, True),
        ("FFCCSX", "Open", "2026-12-25T12:00:00.000Z", True),
        ("FFCCSX", "Open", None, False),
        ("FFWCSX", "Unlisted", None, False),
        ("MRCXXX", "Open", None, False),
    ],
)
def test_contracts_and_spot_pairs_are_followed_while_they_trade(
    typ: str, state: str, expiry: str | None, followed: bool
) -> None:
    """An index has no book, and a future without its day no name."""
    row = {"symbol": "X", "typ": typ, "state": state, "underlying": "X", "quoteCurrency": "USD", "expiry": expiry}
    assert msgspec.convert(row, wire.Listed).is_followed == followed


def test_a_row_without_any_time_happened_when_it_was_received() -> None:
    """The liquidation table has none; books had none until 2022."""
    assert wire.event_ns(RECV_NS) == wire.event_ns(RECV_NS, None) == RECV_NS
    trade = msgspec.json.decode(
        b'{"timestamp":"2024-11-24T08:15:38.704Z","symbol":"X","size":1,"price":1,"trdMatchID":"a"}', type=wire.Trade
    )
    assert wire.event_ns(RECV_NS, None, trade.timestamp) == RECV_NS - 10**9
    with pytest.raises(DecodeError, match="bad_time"):
        wire.event_ns(RECV_NS // 3, trade.timestamp)


@pytest.mark.parametrize(
    ("status", "error", "answer"),
    [
        (400, "You are already subscribed to this topic: x", Ack()),
        (400, "Unknown or expired symbol.", Refusal("400 Unknown or expired symbol.", "ignore")),
        (429, "Rate limit exceeded", Refusal("429 Rate limit exceeded", "resubscribe")),
        (500, "oops", Refusal("500 oops", "reconnect")),
        (0, "oops", Refusal("0 oops", "reconnect")),
    ],
)
def test_an_error_tells_what_to_do(status: int, error: str, answer: object) -> None:
    """One topic's trouble is not the connection's."""
    assert wire.Frame(status=status, error=error).answer == answer
