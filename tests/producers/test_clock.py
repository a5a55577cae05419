from __future__ import annotations

from producers.clock import END_OF_RECORDING_NS, RecordedClock, WallClock, ask_for_marks, mark_ns


def test_a_recorded_clock_goes_forward_and_not_to_the_end_mark() -> None:
    """Time that goes back, or jumps to the year 2554, would clear every condition."""
    clock = RecordedClock()
    for now_ns in (5, 3, END_OF_RECORDING_NS):
        clock.advance(now_ns)
    assert clock.now_ns() == 5


def test_the_wall_clock_counts_nanoseconds_of_this_century() -> None:
    """A clock in another unit would make every feed look years late."""
    assert 1.7e18 < WallClock().now_ns() < 4.2e18


def test_marks_are_asked_for_with_and_without_other_parameters() -> None:
    """A server would not hear the wish, or lose the streams that were asked for."""
    assert ask_for_marks("ws://h/ws") == "ws://h/ws?recorded-clock=1"
    assert ask_for_marks("wss://h/stream?streams=a/b") == "wss://h/stream?streams=a/b&recorded-clock=1"
    assert mark_ns(END_OF_RECORDING_NS.to_bytes(8, "big")) == END_OF_RECORDING_NS
