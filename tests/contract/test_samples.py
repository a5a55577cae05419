"""Frames in every venue's own shape, with the numbers that they must become, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from producers.venues.registry import VENUES
from tests.kit.venue_samples import SAMPLES, Row, mismatches, read, refusal, rows, venue_with

CASES = [
    pytest.param(venue_id, row, id=f"{venue_id}-{number}-{row['channel']}")
    for venue_id in VENUES
    for number, row in enumerate(rows(SAMPLES, venue_id), start=1)
]


@pytest.mark.parametrize(("venue_id", "row"), CASES)
def test_a_frame_says_what_it_says(venue_id: str, row: Row) -> None:
    """A field that changes its meaning must not pass unseen."""
    said = read(venue_with(venue_id, row), row, row["raw"].encode())
    assert not list(mismatches(said, row["expect"]))


@pytest.mark.parametrize("venue_id", VENUES)
def test_every_channel_that_a_venue_declares_has_a_sample(venue_id: str) -> None:
    """What was never read in a test is a guess."""
    completeness = VENUES[venue_id]().completeness
    kinds = {expected.get("kind") for row in rows(SAMPLES, venue_id) for expected in row["expect"]}
    channels = {row["channel"].split(":")[0] for row in rows(SAMPLES, venue_id)} | kinds
    shown = {
        "trades": {"trade"},
        "book": {"book_delta", "book_snapshot"},
        "liquidations": {"liquidation"},
        "mark": {"derivative_state"},
        "open_interest": {"open_interest"},
        "insurance": {"insurance"},
        "adl": {"adl", "adl_state"},
        "status": {"venue_status", "status"},
    }
    missing = [
        channel
        for channel, coverage in completeness.items()
        if coverage.kind != "none" and not shown[channel] & channels
    ]
    assert not missing


def liquidations() -> list[Any]:
    """Every sample of a liquidation."""
    return [
        pytest.param(venue_id, row, expected, id=f"{venue_id}-{expected['liquidated']}-{number}")
        for venue_id in VENUES
        for number, row in enumerate(rows(SAMPLES, venue_id), start=1)
        for expected in row["expect"]
        if expected.get("kind") == "liquidation"
    ]


@pytest.mark.parametrize(("venue_id", "row", "expected"), liquidations())
def test_a_forced_close_has_its_side_its_coins_and_its_dollars(venue_id: str, row: Row, expected: Row) -> None:
    """The side of the position or of the order, contracts or coins or dollars: each venue has its own answer."""
    assert {"liquidated", "qty_base", "notional_usd"} <= expected.keys()
    said = read(venue_with(venue_id, row), row, row["raw"].encode())
    place = row["expect"].index(expected)
    assert not list(mismatches([said[place]], [expected]))


@pytest.mark.parametrize(
    "venue_id", [venue_id for venue_id in VENUES if VENUES[venue_id]().completeness["liquidations"].kind != "none"]
)
def test_both_sides_are_shown_of_every_venue_that_tells_of_liquidations(venue_id: str) -> None:
    """A parser that always says "long" passes every test of one side."""
    sides = {expected.get("liquidated") for row in rows(SAMPLES, venue_id) for expected in row["expect"]}
    assert {"long", "short"} <= sides


@pytest.mark.parametrize(("venue_id", "row"), CASES)
def test_a_market_that_nobody_asked_for_is_refused_or_passed_over(venue_id: str, row: Row) -> None:
    """Events of a market without a definition would have no unit."""
    stranger = venue_with(venue_id, {})
    raw = row["raw"].encode()
    if (reason := refusal(stranger, row, raw)) != "":
        assert reason == "unknown_symbol"
        return
    said = read(stranger, row, raw)
    named = {getattr(one, "instrument", "*") for one in said}
    assert row["channel"] == "instruments" or named <= {"*"}
