"""Keyframes in recordings: read as they were written, or not at all."""

from __future__ import annotations

import msgspec
import pytest

from producers.errors import DecodeError
from producers.keyframe_lines import KEYFRAME, keyframe_body, read_keyframe
from producers.recording import RecordedAnswer, rest_answer, rest_line
from producers.venues.binance_usdm import BinanceUsdm
from schemas.clock import Tick
from schemas.codec import encode
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

NS = 1_723_161_255_030_314_667
BOOK = BookSnapshot(
    venue="binance-usdm",
    instrument="BTC-USDT-PERP",
    ts_event_ns=NS - 5,
    ts_recv_ns=NS - 4,
    bids=msgspec.Raw(b"[[100.0,1.5]]"),
    asks=msgspec.Raw(b"[[101.0,2.0]]"),
    last_id=7,
    keeps_far_levels=True,
    keyframe=True,
    proven_bid=90.0,
    proven_ask=110.0,
)


def market() -> Instrument:
    """Whose book it is."""
    found = BinanceUsdm().infer_instrument("BTCUSDT", NS)
    assert found is not None
    return found


def answer(body: bytes) -> RecordedAnswer:
    """As it comes out of a file."""
    found = rest_answer(rest_line(KEYFRAME, body, "BTCUSDT"))
    assert found is not None
    return found


def test_a_keyframe_reads_back_with_the_time_of_its_line() -> None:
    """A file read alone would begin with another book than the one that was there."""
    book = read_keyframe(answer(keyframe_body(BOOK)), market(), NS)
    assert book == msgspec.structs.replace(BOOK, ts_recv_ns=NS)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'"x"',
        encode(Tick(venue="*", instrument="*", ts_event_ns=1, ts_recv_ns=1)),
        keyframe_body(msgspec.structs.replace(BOOK, instrument="ETH-USDT-PERP")),
    ],
)
def test_what_is_no_book_of_the_market_is_an_error_that_is_counted(body: bytes) -> None:
    """Damage would end the replay, or give one market the book of another."""
    with pytest.raises(DecodeError):
        read_keyframe(answer(body), market(), NS)
