"""A venue of which nothing comes for a while."""

from __future__ import annotations

from schemas.health import Gap
from schemas.market import BookSnapshot, Trade
from tests.producers.injection.scenes import NORTH, SOUTH, S, between, quiet, read_book, struck, told

QUIET = quiet(20)


def test_nothing_comes_and_nothing_tells_of_it() -> None:
    """The detector's own eye for silence would not be tested."""
    out = between(struck("silence@21:00:05+4:north", QUIET), 5_050, 8_950)
    assert {event.venue for event in out} == {SOUTH}
    assert told(out) == told(event for event in between(QUIET, 5_050, 8_950) if event.venue == SOUTH)


def test_afterwards_the_ids_show_that_messages_are_missing() -> None:
    """The book would be wrong for good."""
    out = struck("silence@21:00:05+4:north", QUIET)
    gaps = [event for event in out if isinstance(event, Gap)]
    assert len(gaps) == 2
    assert all(event in between(out, 9 * S, 9_200) for event in gaps)
    wholes = [event for event in between(out, 9 * S, 20 * S) if isinstance(event, BookSnapshot)]
    assert len(wholes) == 2
    true, seen = read_book(QUIET), read_book(out)
    assert true is not None
    assert seen is not None
    assert seen[0].items() <= true[0].items()


def test_trades_of_the_silence_are_lost() -> None:
    """What nobody sent twice would come after all."""
    heard = [event for event in struck("silence@21:00:05+4:north", QUIET) if isinstance(event, Trade)]
    sent = [event for event in QUIET if isinstance(event, Trade)]
    assert len(sent) - len(heard) == 2 * 20


def test_a_burst_brings_everything_late_and_in_order() -> None:
    """A stalled proxy would be taken for a lost connection."""
    out = struck("silence@21:00:05+4:north,burst=1", QUIET)
    assert len(out) == len(QUIET)
    late = [event for event in out if event.ts_recv_ns - event.ts_event_ns > 50_000_000]
    assert len({event.ts_recv_ns for event in late}) == 1
    assert {event.venue for event in late} == {NORTH}
    assert [event.ts_event_ns for event in late] == sorted(event.ts_event_ns for event in late)
    assert read_book(out) == read_book(QUIET)
    assert not any(isinstance(event, Gap) for event in out)


def test_a_silence_that_outlasts_the_stream_never_ends() -> None:
    """What nobody received would come at the end of the recording."""
    out = struck("silence@21:00:05+60:north,burst=1", QUIET)
    assert max(event.ts_recv_ns for event in out if event.venue == NORTH) < max(event.ts_recv_ns for event in QUIET)
    assert {event.venue for event in between(out, 6 * S, 20 * S)} == {SOUTH}
