"""D: it is we who cannot hear. Every venue late at once, every clock off at once, or nothing from anywhere.

Never told as a venue's withdrawal. With one venue nobody can tell it from ourselves, and that is what is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from detector.about import About
from detector.lateness import clock_step, lateness
from detector.overview import NS, Overview
from detector.verdict import ANY, WARN, Verdict, calm, unknown
from schemas.alert import MARKET, Evidence

LOCAL = "D.local/1"
DEAF = "D.deaf/1"
ALONE = "one venue: nobody can tell it from ourselves"

ABOUT = (
    About(
        rule=LOCAL,
        stage="D",
        place="market",
        told="our own machine or network late",
        sees="every venue late at once (of a lone venue all streams), or every venue's clock off by the same step",
        blind="streams without event times",
        reads=("receive times",),
        source="venues fail one by one: what they have in common is us",
        clears="some venue is in time for a minute",
        limits=(
            "withdrawal.delay_warn_s",
            "withdrawal.delay_ratio",
            "data.early_usual_s",
            "data.clock_agrees_s",
        ),
    ),
    About(
        rule=DEAF,
        stage="D",
        place="market",
        told="nothing heard from any venue",
        sees="no message from anywhere for five seconds and three of the usual longest pauses of the liveliest venue",
        blind="its first half minute, or ten of the longest pauses so far",
        reads=("trades", "book"),
        source="time since the newest message of any market",
        clears="something is heard for a minute",
        limits=("withdrawal.blind_s", "withdrawal.blind_pauses"),
    ),
)


def evaluate(view: Overview) -> Iterator[Verdict]:
    """Two verdicts for the market."""
    yield _local(view)
    yield _deaf(view)


def _local(view: Overview) -> Verdict:
    steps = [clock_step(markets, view.config) for _, markets in view.venues()]
    stepped = [step_s for step_s in steps if step_s is not None]
    spread_s = max(stepped) - min(stepped) if stepped else 0.0
    if len(stepped) > 1 and len(stepped) == len(steps) and spread_s <= view.config.data.clock_agrees_s:
        note = f"{len(stepped)} venues at once: our own clock"
        step = Evidence(signal="clock_step", value=round(median(stepped), 2), baseline=0.0, unit="s", note=note)
        return Verdict(LOCAL, "D", MARKET, ANY, WARN, True, confirm=1, evidence=(step,))
    told = [lateness(markets, view.config, early=True) for _, markets in view.venues()]
    known = [venue for venue in told if venue is not None]
    if not known:
        return unknown(LOCAL, "D")
    if not all(venue.all_late for venue in known):
        return calm(LOCAL, "D")
    late_s = [delay_s for venue in known for delay_s in venue.late_s]
    delay = Evidence(
        signal="feed_delay",
        value=round(median(late_s), 2),
        threshold=view.config.withdrawal.delay_warn_s,
        unit="s",
        note=f"all {len(late_s)} streams of {len(known)} venues" if len(known) > 1 else ALONE,
    )
    return Verdict(LOCAL, "D", MARKET, ANY, WARN, True, evidence=(delay,))


def _deaf(view: Overview) -> Verdict:
    limits = view.config.withdrawal
    pulses = [view.pulses[venue] for venue in view.heard_ns if venue in view.pulses]
    usual = [usual_s for pulse in pulses if (usual_s := pulse.known_longest_s) is not None]
    silent_s = (view.now_ns - max(view.heard_ns.values(), default=0)) / NS
    if not view.heard_ns or not usual:
        return unknown(DEAF, "D")
    line_s = max(limits.blind_s, limits.blind_pauses * min(usual))
    if silent_s <= line_s:
        return calm(DEAF, "D")
    evidence = Evidence(
        signal="silent",
        value=round(silent_s, 1),
        baseline=round(min(usual), 2),
        threshold=round(line_s, 1),
        unit="s",
        note=f"all {len(view.heard_ns)} venues at once" if len(view.heard_ns) > 1 else ALONE,
    )
    return Verdict(DEAF, "D", MARKET, ANY, WARN, True, confirm=1, evidence=(evidence,))
