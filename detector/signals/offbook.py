"""S6 by inference: holes in trade ids where venues do not say that they deleverage.

A fill that takes an id of a contiguous counter and does not print went to the insurance fund or was a deleveraging.
Blind on venues whose ids skip in the calm, and right after a gap in the feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from detector.about import About
from detector.overview import Listed, Overview
from detector.verdict import ANY, CALM, CRITICAL, HIGH, Verdict, calm, unknown
from schemas.alert import Evidence

RULE = "S6.offbook_fills/2"

ABOUT = (
    About(
        rule=RULE,
        stage="S6",
        place="venue",
        told="fills missing from the tape, deleveraging inferred",
        sees="trade ids missing within a minute on three assets that moved 1 % in five, a "
        "thousandth of all ids together; a tenth of them",
        blind="ids that skip in the calm; fewer than 500 calm ids; right after a gap in the feed; a line that loses "
        "messages in a large move looks alike",
        reads=("trade ids", "gaps"),
        source="holes in a contiguous counter; an inference, never a print",
        clears="no id missing for a minute",
        limits=(
            "deleveraging.offbook_assets",
            "deleveraging.offbook_floor",
            "deleveraging.offbook_share",
            "deleveraging.offbook_move",
            "deleveraging.offbook_calm",
            "deleveraging.offbook_warm_ids",
        ),
    ),
)


def evaluate(view: Overview) -> Iterator[Verdict]:
    """One verdict a venue."""
    for venue, markets in view.venues():
        yield _venue(view, venue, markets)


def _venue(view: Overview, venue: str, markets: list[Listed]) -> Verdict:
    limits = view.config.deleveraging
    usable = [listed for listed in markets if listed.market.ids_contiguous]
    # How a venue counts is its own habit and not a market's: quiet markets are judged together.
    if sum(market.calm_ids for _, market in usable) < limits.offbook_warm_ids:
        return unknown(RULE, "S6", venue, ANY)
    holes: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for asset, market in usable:
        # Bankruptcy takes a move: ids that are missing without one were lost on the way to us.
        if max(abs(market.move_60s or 0.0), abs(market.move_300s or 0.0)) >= limits.offbook_move:
            holes[asset] += market.missing_ids_60s
            passed[asset] += market.ids_60s
    ids = sum(market.ids_60s for _, market in usable)
    # What such a market may skip in the calm makes no asset one of those that count.
    hit = sorted(asset for asset, missing in holes.items() if missing > limits.offbook_calm * passed[asset])
    total = sum(holes.values())
    share = total / ids if ids else 0.0
    if not total:
        return calm(RULE, "S6", venue, ANY)
    severity = CALM
    if len(hit) >= limits.offbook_assets and share >= limits.offbook_floor:
        severity = CRITICAL if share >= limits.offbook_share else HIGH
    return Verdict(
        RULE,
        "S6",
        venue,
        ANY,
        severity,
        True,
        direction="down" if view.middle_move < 0 else "up",
        confirm=1,
        evidence=(
            Evidence(
                signal="offbook_assets",
                value=float(len(hit)),
                baseline=0.0,
                threshold=float(limits.offbook_assets),
                unit="assets",
                note=" ".join(hit),
            ),
            Evidence(
                signal="missing_ids_60s",
                value=float(total),
                baseline=0.0,
                unit="ids",
                threshold=round(limits.offbook_floor * ids, 1),
                note="inferred from holes in trade ids",
            ),
            Evidence(
                signal="missing_share",
                value=round(share, 4),
                baseline=0.0,
                threshold=limits.offbook_share,
                unit="fraction",
            ),
        ),
    )
