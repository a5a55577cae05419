"""What venues say of themselves, and we of our connections."""

from __future__ import annotations

from typing import Any

import pytest

from detector.signals import venue_words
from detector.signals.venue_words import CONNECTION, HALTED, SIDES
from detector.verdict import CALM, WARN, WATCH, Verdict
from schemas.reading import VenueWord
from tests.kit.heard import NOW_NS, NS, hearing, stream


def word(state: Any, *, venue: str = "north", session: str = "public-0", ago_s: float = 10.0) -> VenueWord:
    """Something that was said so long ago and still holds."""
    return VenueWord(venue=venue, session=session, state=state, since_ns=NOW_NS - round(ago_s * NS), reason="why")


def said(rule: str, *words: VenueWord, venue: str = "north", silent_s: float = 0.1) -> Verdict:
    """What a rule says of a venue."""
    found = venue_words.evaluate(hearing(stream("north", silent_s=silent_s), words=words))
    return next(v for v in found if (v.rule, v.venue) == (rule, venue))


def test_a_venue_that_says_it_stopped_is_told_at_once() -> None:
    """The plainest sign of all would be read by nobody."""
    verdict = said(HALTED, word("halted", session="platform", ago_s=0.0))
    assert (verdict.stage, verdict.severity, verdict.confirm, verdict.holds) == ("S3", WARN, 1, True)
    assert verdict.evidence[0].note == "why"


@pytest.mark.parametrize(("halted", "watched", "severity"), [(1, 1, WARN), (1, 3, CALM), (2, 4, WARN), (0, 4, CALM)])
def test_a_market_that_stops_is_no_venue_that_stops_unless_half_do(halted: int, watched: int, severity: int) -> None:
    """Each delisting would be told as an outage; or an outage that is told market by market as none."""
    streams = [
        stream("north", base, halted=n < halted) for n, base in enumerate(("BTC", "ETH", "SOL", "XRP")[:watched])
    ]
    verdict = next(v for v in venue_words.evaluate(hearing(*streams)) if v.rule == HALTED)
    assert verdict.severity == severity


@pytest.mark.parametrize(
    ("state", "ago_s", "silent_s", "severity"),
    [
        ("down", 4.9, 4.9, CALM),
        ("down", 5.0, 0.1, WATCH),
        ("down", 6.0, 6.0, WARN),
        ("rejected", 0.0, 0.1, WATCH),
        ("rejected", 0.0, 6.0, WARN),
    ],
)
def test_a_lost_connection_is_told_when_it_does_not_come_back(
    state: str, ago_s: float, silent_s: float, severity: int
) -> None:
    """Every reconnect would be a message; or a venue that refuses us never one."""
    verdict = said(CONNECTION, word(state, ago_s=ago_s), silent_s=silent_s)
    assert (verdict.severity, verdict.holds) == (severity, True)


def test_a_venue_that_never_let_us_in_is_told_though_it_has_no_market() -> None:
    """A venue that refuses our address would be missing without a word."""
    verdict = said(CONNECTION, word("rejected", venue="west", session="market-list"), venue="west")
    assert verdict.severity == WARN
    assert verdict.evidence[0].note == "market-list rejected: why"


@pytest.mark.parametrize("state", ["doubtful", "inverted"])
def test_sides_that_disagree_with_the_mark_are_told(state: str) -> None:
    """Longs would be told as shorts."""
    verdict = said(SIDES, word(state, session="liquidation_side"))
    assert (verdict.severity, verdict.evidence[0].note) == (WATCH, f"liquidation_side: {state}")


def test_where_nothing_is_said_all_is_calm() -> None:
    """Silence of a status channel would be an alarm."""
    assert {said(rule).severity for rule in (HALTED, CONNECTION, SIDES)} == {CALM}
    assert {said(rule).known for rule in (HALTED, CONNECTION, SIDES)} == {True}
