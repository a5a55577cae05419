"""D: the difference between a venue's clock and ours has leapt. Either may have been set; lateness is measured anew.

With another venue whose clock went on it is the venue's; with one venue nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.lateness import clock_step
from detector.overview import Overview
from detector.stats.clock_step import LEAP_NS, NS
from detector.verdict import ANY, WARN, Verdict, calm, unknown
from schemas.alert import Evidence

RULE = "D.clock/1"

ABOUT = (
    About(
        rule=RULE,
        stage="D",
        place="venue",
        told="clock set",
        sees="receive less event time leaps by half a second or more on half of a venue's streams, and stays there",
        blind="streams without event times; their first twenty seconds; fewer than eight seconds with messages since",
        reads=("receive times",),
        source="a step moves least and median of every second alike; a lag moves them apart, and comes and goes",
        clears="no leap for two minutes",
        limits=("data.clock_share", "data.clock_agrees_s", "data.clock_confirm_s"),
    ),
)


def evaluate(view: Overview) -> Iterator[Verdict]:
    """One verdict a venue."""
    steps = {venue: clock_step(markets, view.config) for venue, markets in view.venues()}
    telling = {venue for venue, markets in view.venues() if any(m.delay_s is not None for _, m in markets)}
    for venue, step_s in steps.items():
        if step_s is None:
            yield calm(RULE, "D", venue, ANY) if venue in telling else unknown(RULE, "D", venue, ANY)
            continue
        others = [other for other in steps if other != venue and (other in telling or steps[other] is not None)]
        if others and all(_alike(view, steps[other], step_s) for other in others):
            yield calm(RULE, "D", venue, ANY)  # all of them at once: ours
            continue
        note = "" if others else "no other venue to compare with: its clock or ours"
        yield Verdict(
            RULE,
            "D",
            venue,
            ANY,
            WARN,
            True,
            confirm=view.config.data.clock_confirm_s if others else 1,
            evidence=(
                Evidence(
                    signal="clock_step",
                    value=round(step_s, 2),
                    baseline=0.0,
                    threshold=LEAP_NS / NS,
                    unit="s",
                    note=note,
                ),
            ),
        )


def _alike(view: Overview, step_s: float | None, other_s: float) -> bool:
    return step_s is not None and abs(step_s - other_s) <= view.config.data.clock_agrees_s
