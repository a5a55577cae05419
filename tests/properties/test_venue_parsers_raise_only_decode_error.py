"""Real frames, damaged: whatever the damage, a venue raises `DecodeError` or returns events that hold sane numbers."""

import math
import random
from collections.abc import Iterator

import msgspec
import pytest

from producers.errors import DecodeError
from producers.venue import Control, Venue
from producers.venues.registry import venue
from schemas.base import Event

RECV_NS = 1_791_391_083_200_000_000
REASONS = {"bad_json", "bad_shape", "bad_number", "bad_time", "unknown_symbol"}
ROUNDS = 250
"""Mutations of each frame: some 3,500 in all, in about a second. The seeds are fixed, so a failure repeats."""

FRAMES: dict[str, tuple[str, list[bytes]]] = {
    "binance-usdm": (
        "BTCUSDT",
        [
            b'{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1791391082693,"T":1791391082687,"s":"BTCUSDT","U":475776377463,"u":475776380184,"pu":475776377452,"b":[["35729.77","1.600"]],"a":[["35819.20","0.211"]]}}',
            b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1791391082406,"T":1791391082400,"s":"BTCUSDT","t":3535191080,"p":"28722.50","q":"0.001","X":"INSURANCE_FUND","m":true}}',
            b'{"e":"forceOrder","E":1791391083124,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"116.5","p":"3.80300","ap":"3.85642","X":"FILLED","l":"25.2","z":"116.5","T":1791391082119}}',
            b'{"e":"markPriceUpdate","E":1791391082003,"s":"BTCUSDT","p":"58940.14924532","i":"58857.26693664","r":"0.00058455","T":1791392400000}',
            b'{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":11139947831981,"s":"BTCUSDT","b":"1943.64","B":"113.445","a":"1943.65","A":"182.433","T":1791391082583,"E":1791391082584}}',
        ],
    ),
    "binance-coinm": (
        "BTCUSD_PERP",
        [
            b'{"stream":"btcusd@markPrice","data":[{"e":"markPriceUpdate","E":1791391082002,"s":"BTCUSD_PERP","p":"59003.37984561","r":"","T":0}]}',
            b'{"e":"trade","E":1791391082687,"T":1791391082679,"s":"BTCUSD_PERP","t":849714402,"p":"61804.8","q":"4","X":"ADL","m":false}',
        ],
    ),
    "binance-spot": (
        "BTCUSDT",
        [
            b'{"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}',
            b'{"e":"depthUpdate","E":1791391082670,"s":"BTCUSDT","U":11294093710,"u":11294093726,"b":[["35743.98000000","0.00000000"]],"a":[]}',
        ],
    ),
    "hyperliquid": (
        "BTC",
        [
            b'{"channel":"l2Book","data":{"coin":"BTC","time":1791391082687,"levels":[[{"px":"59.8","sz":"3.4","n":1}],[{"px":"59.811","sz":"2.9","n":1}]]}}',
            b'{"channel":"bbo","data":{"coin":"BTC","time":1791391082838,"bbo":[{"px":"0.97925","sz":"4144.6","n":1},null]}}',
            b'{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"72581.0","sz":"0.00017","time":1791391082020,"tid":877707108085800}]}',
            b'{"channel":"activeAssetCtx","data":{"coin":"BTC","ctx":{"funding":"0.00004863","openInterest":"18617460.0","oraclePx":"0.1995","markPx":"0.19963"}}}',
            b'{"channel":"userFills","data":{"user":"0x2e3d","fills":[{"coin":"BTC","px":"22.075","sz":"28.53","side":"B","time":1791391082831,"dir":"Auto-Deleveraging","crossed":true,"tid":771334864158847,"liquidation":{"liquidatedUser":"0x2e3d","markPx":"22.025","method":"backstop"}}]}}',
        ],
    ),
}
SPLICES = [
    b"null", b"true", b'""', b'"NaN"', b"NaN", b"1e999", b'"1e999"', b"-1", b'"-1"', b"0", b"[]", b"{}", b"1" * 5000,
    b'"Infinity"', b'"\xff"', b'"\\ud800"', b"[" * 3000, b"4070908800000", b"1.5", b"\x00",
]  # fmt: skip


def values(frame: bytes) -> list[tuple[int, int]]:
    """Where the values of a frame begin and end, roughly: between a colon or bracket and the next comma or bracket."""
    starts = [at + 1 for at, byte in enumerate(frame) if byte in b":["]
    return [(at, next((to for to in range(at, len(frame)) if frame[to] in b",]}"), len(frame))) for at in starts]


def damaged(frame: bytes, rng: random.Random) -> bytes:
    """A frame with one or two things wrong."""
    for _ in range(rng.randint(1, 2)):
        kind = rng.randrange(5)
        at = rng.randrange(len(frame)) if frame else 0
        if kind == 0:
            frame = frame[:at]
        elif kind == 1:
            frame = frame[:at] + bytes([rng.randrange(256)]) + frame[at + 1 :]
        elif kind == 2:
            to = rng.randrange(at, len(frame)) if frame else 0
            frame = frame[:at] + frame[to:]
        elif frame and (spans := values(frame)):
            start, end = rng.choice(spans)
            frame = frame[:start] + rng.choice(SPLICES) + frame[end:]
    return frame


def numbers(event: Event) -> Iterator[float]:
    """All numbers of an event."""
    for value in msgspec.structs.asdict(event).values():
        if isinstance(value, int | float):
            yield value


def speak(one: Venue, frame: bytes) -> list[Event | Control]:
    """What a venue makes of a frame, nothing where it refuses it."""
    one.symbol_of(frame)
    try:
        return list(one.parse(frame, RECV_NS))
    except DecodeError as error:
        refusal = error
    assert refusal.reason in REASONS
    assert len(str(refusal)) < 400
    return []


@pytest.mark.parametrize("venue_id", FRAMES)
def test_damaged_frames_never_raise_anything_else(venue_id: str) -> None:
    """One frame that escapes ends a session with all of its markets; one NaN ends every sum that it enters."""
    symbol, frames = FRAMES[venue_id]
    one = venue(venue_id)
    instrument = one.infer_instrument(symbol, RECV_NS)
    assert instrument is not None
    one.register([instrument])
    for index, frame in enumerate(frames):
        assert speak(one, frame), "the frame is good before it is damaged"
        rng = random.Random(f"{venue_id} {index}")
        for _ in range(ROUNDS):
            bad = damaged(frame, rng)
            for event in speak(one, bad):
                if isinstance(event, Event):
                    assert all(math.isfinite(number) for number in numbers(event)), bad
                    assert event.ts_recv_ns == RECV_NS
                    assert RECV_NS / 2 < event.ts_event_ns <= RECV_NS + 86_400 * 10**9, bad
                    msgspec.json.encode(event)
