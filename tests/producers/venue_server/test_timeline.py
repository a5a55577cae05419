"""What is played, in which order and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.bundled import CALM_SECONDS
from producers.errors import RecordingError
from producers.recording import rest_line
from producers.venue_server.timeline import (
    SNAPSHOT_COMES_WITHIN_NS,
    Ahead,
    Frame,
    Tempo,
    leading_market_lists,
    recorded,
)


def test_recordings_of_several_venues_begin_with_their_market_lists() -> None:
    """A client asks for the markets before anything is played."""
    lists, frames = leading_market_lists(recorded(CALM_SECONDS))
    symbols = {venue: [market.symbol for market in markets] for venue, markets in lists.items()}
    assert symbols == {
        "binance-usdm": ["BTCUSDT", "ETHUSDT"], "binance-coinm": ["BTCUSD_PERP"], "binance-spot": ["BTCUSDT"]
    }  # fmt: skip
    times = [frame[0] for frame in frames]
    assert times == sorted(times)
    assert len(times) > 50_000


def test_a_stream_without_market_lists_is_played_whole() -> None:
    """Any iterable of frames is a source."""
    frames: list[Frame] = [(1, "hyperliquid", b"{}"), (2, "hyperliquid", b"{}")]
    lists, rest = leading_market_lists(frames)
    assert lists == {}
    assert list(rest) == frames
    assert leading_market_lists([])[0] == {}


def test_looking_ahead_finds_the_next_book_and_loses_no_frame() -> None:
    """A client may be told its snapshot before the timeline is there."""
    frames: list[Frame] = [
        (1, "binance-usdm", b"1"),
        (2, "binance-usdm", rest_line("book", b"[2]", "BTCUSDT")),
        (3, "binance-usdm", b'{"rest":damaged'),
        (4, "binance-spot", rest_line("book", b"[4]", "BTCUSDT")),
        (5, "binance-usdm", rest_line("book", b"[5]", "BTCUSDT")),
    ]
    ahead = Ahead(frames)
    assert ahead.book("binance-spot", "BTCUSDT") == (b"[4]", 4)
    played = []
    for frame in ahead:
        played.append(frame)
        # The one whose moment is waited for is still to come.
        if len(played) in (1, 2):
            assert ahead.book("binance-usdm", "BTCUSDT") == (b"[2]", 2)
        if len(played) == 3:
            assert ahead.book("binance-usdm", "BTCUSDT") == (b"[5]", 5)
            assert ahead.book("binance-usdm", "ETHUSDT") is None
    assert played == frames
    assert ahead.book("binance-usdm", "BTCUSDT") is None


def test_frames_of_a_venue_received_at_once_become_a_nanosecond_apart() -> None:
    """Two sockets of a venue are merged by time alone: equal times would lose the order of the recording."""
    frames: list[Frame] = [(5, "binance-usdm", b"1"), (5, "binance-usdm", b"2"), (5, "binance-spot", b"3")]
    assert [frame[0] for frame in Ahead(frames)] == [5, 6, 5]


def test_looking_ahead_has_an_end() -> None:
    """A day-long recording without a snapshot is not read into memory to find that out."""
    frames = ((number * 10**9, "binance-usdm", b"") for number in range(10_000))
    ahead = Ahead(frames)
    assert ahead.book("binance-usdm", "BTCUSDT") is None
    assert next(frames)[0] == SNAPSHOT_COMES_WITHIN_NS + 10**9


def test_tempo_divides_recorded_time_and_forgives_pauses() -> None:
    """At 10× a recorded second takes a tenth; what a hold took is not caught up with in a burst."""
    now_s = [0.0]
    tempo = Tempo(speed=10.0, now_s=lambda: now_s[0])
    assert tempo.wait_s(0) == 0
    assert tempo.wait_s(10**9) == 0.1
    now_s[0] = 0.3
    assert tempo.wait_s(10**9) < 0
    tempo.restart()
    assert tempo.wait_s(10**9) == 0
    assert Tempo(speed=0, now_s=lambda: 0.0).wait_s(10**18) == 0


def test_a_recording_of_a_venue_that_nobody_speaks_is_an_error(tmp_path: Path) -> None:
    """The server would wait for ever for sockets that have nowhere to connect."""
    path = tmp_path / "foreign"
    path.write_bytes(b'0 {"recording":{"version":1,"venue":"mtgox"}}\n1723161255030314667 {"a":1}\n')
    with pytest.raises(RecordingError, match="of 'mtgox'; there are binance-usdm"):
        recorded([path])
