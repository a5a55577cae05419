"""S3 and D by word of mouth: a venue that says it stopped trading, a connection of ours that is down, sides in doubt.

Needs no history. Blind where a venue says nothing of itself; what it does instead (late, silent) other rules see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from detector.about import About
from detector.overview import NS, Overview
from detector.verdict import ANY, CALM, WARN, WATCH, Verdict, calm
from schemas.alert import Evidence
from schemas.reading import VenueWord

HALTED = "S3.halted/1"
CONNECTION = "D.connection/1"
SIDES = "D.sides/1"

ABOUT = (
    About(
        rule=HALTED,
        stage="S3",
        place="venue",
        told="trading halted",
        sees="the venue's own word that it stopped trading, on all of it or on half of the markets that are watched",
        blind="a venue that does not say so",
        reads=("venue states",),
        source="the venue's status channel, maintenance notices and states of markets",
        clears="it says that it trades again, for a minute",
        limits=("data.halted_share",),
    ),
    About(
        rule=CONNECTION,
        stage="D",
        place="venue",
        told="connection lost",
        sees="a connection of ours that is down for five seconds, or that the venue refuses",
        blind="a recording, which has gaps in place of connections",
        reads=("venue states",),
        source="our own sessions",
        clears="all connections are up for a minute",
        limits=("data.down_s", "withdrawal.blind_s"),
    ),
    About(
        rule=SIDES,
        stage="D",
        place="venue",
        told="liquidation sides in doubt",
        sees="liquidations on the wrong side of the mark: the venue's side field is not what we read",
        blind="fewer than two hundred rows with a mark beside them",
        reads=("liquidations", "mark and index"),
        source="a long is liquidated below the mark and a short above it",
        clears="rows agree again",
        limits=(),
    ),
)


def evaluate(view: Overview) -> Iterator[Verdict]:
    """Three verdicts a venue that is watched, or of which something was said."""
    said: dict[str, list[VenueWord]] = {venue: [] for venue, _ in view.venues()}
    for word in view.words:
        said.setdefault(word.venue, []).append(word)
    halted = Counter(market.venue for _, market in view.markets if market.halted)
    for venue in sorted(said):
        words = said[venue]
        yield _halted(view, venue, [word for word in words if word.state == "halted"], halted[venue])
        yield _connection(view, venue, [word for word in words if word.state in ("down", "rejected")])
        yield _sides(venue, [word for word in words if word.state in ("doubtful", "inverted")])


def _halted(view: Overview, venue: str, whole: list[VenueWord], halted: int) -> Verdict:
    if not whole and not halted:
        return calm(HALTED, "S3", venue, ANY)
    watched = sum(market.venue == venue for _, market in view.markets)
    if not whole and halted < view.config.data.halted_share * watched:
        return calm(HALTED, "S3", venue, ANY)
    share = 1.0 if whole else halted / watched
    note = whole[0].reason if whole else f"{halted} of {watched} markets"
    evidence = Evidence(
        signal="halted", value=round(share, 2), baseline=0.0, threshold=view.config.data.halted_share, note=note
    )
    return Verdict(HALTED, "S3", venue, ANY, WARN, True, confirm=1, evidence=(evidence,))


def _connection(view: Overview, venue: str, lost: list[VenueWord]) -> Verdict:
    if not lost:
        return calm(CONNECTION, "D", venue, ANY)
    limits = view.config.data
    longest_s = (view.now_ns - min(word.since_ns for word in lost)) / NS
    on = longest_s >= limits.down_s or any(word.state == "rejected" for word in lost)
    silent = view.now_ns - view.heard_ns.get(venue, 0) > view.config.withdrawal.blind_s * NS
    names = ", ".join(f"{word.session} {word.state}" + f": {word.reason}" * bool(word.reason) for word in lost)
    evidence = Evidence(
        signal="connection_down", value=round(longest_s, 1), threshold=float(limits.down_s), unit="s", note=names
    )
    severity = (WARN if silent else WATCH) if on else CALM
    return Verdict(CONNECTION, "D", venue, ANY, severity, True, confirm=1, evidence=(evidence,) if on else ())


def _sides(venue: str, doubted: list[VenueWord]) -> Verdict:
    if not doubted:
        return calm(SIDES, "D", venue, ANY)
    evidence = Evidence(signal="sides_agree", value=None, note=f"{doubted[0].session}: {doubted[0].state}")
    return Verdict(SIDES, "D", venue, ANY, WATCH, True, confirm=1, evidence=(evidence,))
