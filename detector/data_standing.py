"""Where the data of each venue stand, and our own: the level of blindness, told apart from the level of the market.

Blind is WARN, whatever the market does; a late feed, and a book or two that cannot be believed, are WATCH. None of it
is evidence of a cascade, but for a venue that says or shows that it stopped (S3), which the market's own level counts
as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detector.conditions import Condition
from detector.config import Data
from detector.overview import NS, Overview
from detector.rollup import Standing
from detector.signals import book_faults, feed, venue_words
from detector.verdict import CALM, WARN, WATCH
from schemas.alert import MARKET, OURS, Evidence, Stage

OF_DATA = frozenset({feed.DELAY, feed.SILENCE, venue_words.HALTED})
"""Rules of S3 by which we are blind to a venue, or see what it was like a while ago."""

NOTHING = Standing(CALM, "", (), "none", ())


def is_of_data(condition: Condition) -> bool:
    """Whether a condition is told about a venue's data, or ours.

    >>> is_of_data(Condition("D.ghost/1", "D", "okx", "BTC")), is_of_data(Condition("S1.breadth/1", "S1", "okx", "*"))
    (True, False)
    """
    return condition.stage == "D" or condition.rule in OF_DATA


def data_standings(active: Sequence[Condition], watched: Mapping[str, int], limits: Data) -> dict[str, Standing]:
    """By scope, what holds there: our own first, then venues in alphabetical order. `watched`: assets on each venue."""
    by_scope: dict[str, list[Condition]] = {}
    for condition in active:
        if is_of_data(condition):
            by_scope.setdefault(OURS if condition.venue == MARKET else condition.venue, []).append(condition)
    return {scope: _standing(by_scope[scope], watched.get(scope, 0), limits) for scope in sorted(by_scope, key=rank)}


def rank(scope: str) -> tuple[bool, str]:
    """Whoever reads one of our own troubles first needs no venue's that follow from it."""
    return scope != OURS, scope


def _standing(held: Sequence[Condition], watched: int, limits: Data) -> Standing:
    books = {c.asset for c in held if c.rule in book_faults.RULES.values()}
    blind = len(books) >= limits.many_books and len(books) >= watched / 2
    level = WARN if blind else max(min(WATCH if c.rule == feed.DELAY else WARN, c.severity) for c in held)
    stages: set[Stage] = {"D", *(c.stage for c in held)}  # by its D everybody knows an alert about data
    rules = tuple(sorted({c.rule for c in held}))
    return Standing(level, "", tuple(sorted(stages)), "none", tuple(held), rules)


def data_vitals(view: Overview, scope: str) -> tuple[Evidence, ...]:
    """Three numbers about a venue's data, or everybody's: when it was last heard, its faulty books, its delay; of what
    was never heard, what else is.
    """
    markets = [market for _, market in view.markets if scope in (OURS, market.venue)]
    where = "" if scope == OURS else scope
    if not markets:
        others = {market.venue for _, market in view.markets}
        return (
            Evidence(signal="markets", where=where, value=0.0, note="nothing was ever heard"),
            Evidence(signal="other_venues_heard", value=float(len(others)), unit="venues"),
            Evidence(signal="their_markets", value=float(len(view.markets)), unit="markets"),
        )
    usual = [
        usual_s
        for venue, pulse in view.pulses.items()
        if scope in (OURS, venue) and (usual_s := pulse.known_longest_s) is not None
    ]
    delays = sorted(market.delay_s for market in markets if market.delay_s is not None)
    faulty = sum(market.book_fault in book_faults.RULES for market in markets)
    return (
        Evidence(
            signal="last_heard",
            where=where,
            value=round((view.now_ns - max(market.last_event_ns for market in markets)) / NS, 1),
            baseline=round(min(usual), 2) if usual else None,
            unit="s",
        ),
        Evidence(signal="faulty_books", where=where, value=float(faulty), baseline=0.0, note=f"{len(markets)} markets"),
        Evidence(
            signal="delay",
            where=where,
            value=round(delays[len(delays) // 2], 3) if delays else None,
            unit="s",
            note="" if delays else "no message has told its time, or clocks are in doubt",
        ),
    )
