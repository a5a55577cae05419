import json

import msgspec
import pytest

from producers.venues import binance_wire as wire

FUTURES = [
    wire.DepthUpdate,
    wire.TradePayload,
    wire.BookTicker,
    wire.ForceOrder,
    wire.MarkPriceUpdate,
    wire.ContractInfo,
]


def captured(of: type) -> bytes:
    """The frame that a docstring shows."""
    return next(line.strip() for line in (of.__doc__ or "").splitlines() if line.strip().startswith("{")).encode()


@pytest.mark.parametrize("of", FUTURES, ids=lambda of: of.__name__)
def test_the_captured_futures_frames_decode_in_either_layout(of: type) -> None:
    """The documentation beside a parser must be what it parses."""
    raw = captured(of)
    assert isinstance(msgspec.json.decode(raw, type=wire.FuturesPayload, strict=False), of)
    wrapped = b'{"stream":"x@y","data":' + raw + b"}"
    assert isinstance(msgspec.json.decode(wrapped, type=wire.FuturesCombined, strict=False).data, of)


def test_the_captured_spot_ticker_decodes_without_an_event_type() -> None:
    """Spot's best bid and ask are two thirds of its frames."""
    ticker = msgspec.json.decode(captured(wire.SpotBookTicker), type=wire.SpotBookTicker, strict=False)
    assert (ticker.bid, ticker.ask) == (61837.63, 61837.64)


def test_levels_stay_as_the_venue_wrote_them() -> None:
    """Prices that pass through floats come out with other digits, and other ticks."""
    message = msgspec.json.decode(captured(wire.DepthUpdate), type=wire.FuturesPayload, strict=False)
    assert isinstance(message, wire.DepthUpdate)
    assert bytes(message.bids) == b'[["35729.77","1.600"]]'


def test_new_keys_of_the_venue_are_ignored() -> None:
    """Binance added keys twice in 2026 without a word."""
    frame = json.loads(captured(wire.TradePayload)) | {"st": 1, "ps": "BTCUSDT", "new": {"deep": [1]}}
    assert msgspec.json.decode(json.dumps(frame).encode(), type=wire.FuturesPayload, strict=False)


@pytest.mark.parametrize(
    ("symbol", "coin_margined"),
    [
        ("BTCUSD_PERP", True),
        ("BTCUSD_260925", True),
        ("BTCUSDT_260925", False),
        ("BTCUSDT", False),
        ("币安人生USDT", False),
        ("USD_PERP", False),
        ("BTCUSD_PERPX", False),
    ],
)
def test_coin_margined_symbols_are_told_by_their_name(symbol: str, coin_margined: bool) -> None:
    """In a merged stream a contract taken for a coin is a notional wrong by a factor of hundreds."""
    assert bool(wire.COIN_MARGINED.fullmatch(symbol)) is coin_margined


def test_a_probe_finds_the_market_of_any_payload() -> None:
    """Recordings are recognised by it."""
    probe = msgspec.json.Decoder(wire.Probe).decode
    assert probe(captured(wire.ForceOrder)).market() == "ILVUSDT"
    assert probe(captured(wire.DepthUpdate)).market() == "BTCUSDT"
    assert probe(b'{"result":null,"id":1}').market() is None
