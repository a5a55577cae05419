"""Any fault in any stream: what holds for all of them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.injection import apply, parse_fault
from producers.injection.registry import FAULTS as REGISTERED
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Trade
from tests.producers.injection.scenes import FAULTS, MARKETS, injected, prices_of, quiet, read_book, struck, told

QUIET = quiet()


@cache
def with_fault(option: str) -> tuple[list[Event], str]:
    """The stream with a fault in it, and its report."""
    out, (report,) = injected(option, QUIET)
    return out, report


SAYS_PRICES = ("ghost", "cross")
"""Faults whose point is an order that nobody placed."""


def test_every_fault_is_among_the_examples() -> None:
    """A new fault would go untested by what must hold for all."""
    assert {text.partition("@")[0].partition(":")[0].partition(",")[0] for text in FAULTS} == set(REGISTERED)


def test_without_faults_the_stream_is_what_it_was() -> None:
    """A replay without `--inject` would not be the recording."""
    batches = [QUIET[:5], QUIET[5:]]
    assert list(apply(batches, [])) == batches


@pytest.mark.parametrize("option", FAULTS)
def test_outside_its_time_and_place_a_fault_changes_nothing(option: str) -> None:
    """A fault at one venue would be seen at another."""
    kind = option.partition("@")[0].partition(":")[0].partition(",")[0]
    later, (report,) = injected(f"{kind}@22:00:00+5", QUIET)
    assert told(later) == told(QUIET)
    assert "touched nothing (the stream has north, south from 2025-10-10 21:00:00 to 2025-10-10 21:00:11 UTC)" in report
    if kind != "local-lag":
        elsewhere, (report,) = injected(f"{kind}@21:00:02+5:west", QUIET)
        assert told(elsewhere) == told(QUIET)
        assert "touched nothing" in report


@pytest.mark.parametrize("option", FAULTS)
def test_a_fault_is_reported_and_repeatable(option: str) -> None:
    """Nobody could tell whether the fault struck, or have it again."""
    out, report = with_fault(option)
    assert "touched nothing" not in report
    assert told(out) != told(QUIET)
    assert told(struck(option, QUIET)) == told(out)


@settings(max_examples=20)
@given(option=st.sampled_from(FAULTS), seed=st.integers(0, 1 << 16))
def test_how_a_stream_is_batched_changes_nothing(option: str, seed: int) -> None:
    """The same recording would give other alerts with another `--chunk`."""
    assert told(struck(option, QUIET, size=Random(seed).choice((1, 2, 3, 64, 999)))) == told(with_fault(option)[0])


@pytest.mark.parametrize("option", FAULTS)
def test_events_come_in_the_order_of_their_receipt(option: str) -> None:
    """No wire delivers that: whoever reads the stream would see what cannot be."""
    times = [event.ts_recv_ns for event in with_fault(option)[0]]
    assert times == sorted(times)


@pytest.mark.parametrize("option", FAULTS)
def test_within_a_book_times_never_go_back(option: str) -> None:
    """The detector sorts by event time: a book would be built in the wrong order."""
    newest: dict[tuple[str, str], int] = {}
    for event in with_fault(option)[0]:
        if isinstance(event, BookDelta | BookSnapshot):
            market = event.venue, event.instrument
            assert event.ts_event_ns >= newest.get(market, 0)
            newest[market] = event.ts_event_ns


@pytest.mark.parametrize("option", FAULTS)
def test_no_fault_makes_up_a_price(option: str) -> None:
    """An alert could come from a price that nobody ever saw."""
    made_up = prices_of(with_fault(option)[0]) - prices_of(QUIET)
    if not option.startswith(SAYS_PRICES):
        assert not made_up
    else:
        assert len(made_up) <= len(MARKETS)
        mids = [mid for _, _, mid in MARKETS]
        assert all(min(abs(price / mid - 1) for mid in mids) < 0.0025 for price in made_up)


@pytest.mark.parametrize("option", FAULTS)
def test_no_fault_makes_up_a_trade(option: str) -> None:
    """Flow that nobody traded would be forced flow."""
    known = {(event.venue, event.instrument, event.trade_id) for event in QUIET if isinstance(event, Trade)}
    heard = Counter(
        (event.venue, event.instrument, event.trade_id) for event in with_fault(option)[0] if isinstance(event, Trade)
    )
    assert heard.keys() <= known
    assert max(heard.values()) == (2 if option.startswith("duplicate") else 1)


@pytest.mark.parametrize("option", FAULTS)
def test_when_it_is_over_every_book_is_the_true_one_or_known_to_be_lost(option: str) -> None:
    """A reader would trust a wrong book for ever after."""
    out, _ = with_fault(option)
    for venue, name, _ in MARKETS:
        true, seen = read_book(QUIET, (venue, name)), read_book(out, (venue, name))
        assert true is not None
        if seen is None:
            assert option.startswith("drop")
            continue
        for side, true_side in zip(seen, true, strict=True):
            # A whole book after a loss shows a range around mid.
            assert side.items() <= true_side.items()
            assert len(side) > 20


def test_the_order_of_the_options_changes_nothing() -> None:
    """Two people who ask for the same would get different streams."""
    together = ["local-lag@21:00:04+6", "drop,share=0.2", "skew:north", "freeze@21:00:05+4:south"]
    assert told(struck(together, QUIET)) == told(struck(together[::-1], QUIET))


def test_definitions_come_before_all_else() -> None:
    """An event of a market that nobody has defined cannot be used."""
    for option in FAULTS:
        out, _ = with_fault(option)
        assert all(isinstance(event, Instrument) for event in out[: len(MARKETS)])


def test_the_time_of_day_is_that_of_the_first_day() -> None:
    """`@21:14:30` would mean nothing on a recording of two days."""
    day_later = parse_fault("silence@2025-10-11T21:00:05+4")
    assert list(apply([QUIET], [day_later])) == [QUIET]
    dated = parse_fault("silence@2025-10-10T21:00:05+4")
    assert told(next(apply([QUIET], [dated]))) == told(struck("silence@21:00:05+4", QUIET))


def test_an_empty_stream_is_reported_as_such() -> None:
    """The reason why nothing was touched would be looked for in the option."""
    out, (report,) = injected("drop", [])
    assert out == []
    assert report == "inject drop: touched nothing (the stream is empty)"
