"""Events to frames: nothing is lost, nothing overtakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from producers.kafka.framer import Frame, Framer
from schemas.base import Event
from schemas.codec import partition_key
from tests.kit.stream import ETH, delta, snapshot, status, tick, trade

KINDS = st.sampled_from(["btc", "eth", "spot", "tick", "status", "flush"])


def told(number: int, kind: str) -> Event:
    """The n-th event of a stream."""
    if kind == "tick":
        return tick(number)
    if kind == "status":
        return status(number)
    return trade(number, {"btc": "BTC-USDT-PERP", "eth": ETH, "spot": "BTC-USDT-SPOT"}[kind])


def framed(framer: Framer, kinds: Iterable[str]) -> tuple[list[Event], list[Frame]]:
    """The events that were told, and all frames that came of them."""
    events: list[Event] = []
    frames: list[Frame] = []
    for number, kind in enumerate(kinds):
        if kind == "flush":
            frames += framer.flush()
        else:
            events.append(told(number, kind))
            frames += framer.take(events[-1:])
    return events, frames + framer.flush()


def of_partition(frames: Sequence[Frame], key: bytes) -> list[Event]:
    """What a reader of a partition with this asset alone sees."""
    return [event for frame in frames if frame.key in (key, b"*") for event in frame.events]


@given(st.lists(KINDS, max_size=60), st.integers(1, 5))
def test_each_partition_sees_its_events_and_those_for_all_in_the_order_of_receipt(kinds: list[str], most: int) -> None:
    """A tick would close a second before its last trade."""
    events, frames = framed(Framer(most_events=most), kinds)
    for key in (b"BTC", b"ETH"):
        assert of_partition(frames, key) == [event for event in events if partition_key(event) in (key, b"*")]


@given(st.lists(KINDS, max_size=60), st.integers(1, 5))
def test_a_frame_holds_one_key_and_no_more_than_its_number_of_events(kinds: list[str], most: int) -> None:
    """A worker would find events of an asset that is not its own."""
    _, frames = framed(Framer(most_events=most), kinds)
    for frame in frames:
        assert {partition_key(event) for event in frame.events} == {frame.key}
        assert frame.key == b"*" or len(frame.events) <= most


def test_a_full_frame_leaves_at_once_and_the_rest_waits() -> None:
    """In a burst the log would wait for the next flush."""
    framer = Framer(most_events=3)
    frames = framer.take([trade(ms) for ms in range(7)])
    assert [len(frame.events) for frame in frames] == [3, 3]
    assert [len(frame.events) for frame in framer.flush()] == [1]
    assert framer.flush() == []


def test_whatever_comes_next_lets_what_waits_for_all_go_first() -> None:
    """Statuses in a row are one frame, but never behind what happened after them."""
    framer = Framer()
    assert framer.take([status(1), status(2)]) == []
    (frame,) = framer.take([trade(3)])
    assert frame == Frame(b"*", [status(1), status(2)])


def test_large_books_make_small_frames() -> None:
    """A broker refuses a record beyond its largest size."""
    framer = Framer(most_level_bytes=100)
    wide = [("99.5", "1.25")] * 4
    frames = framer.take([snapshot(1, wide, wide), delta(2, wide), delta(3, wide), delta(4, wide), trade(5)])
    assert [len(frame.events) for frame in frames] == [1, 2]
