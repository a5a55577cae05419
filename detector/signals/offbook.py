"""S6 by inference: holes in trade ids where venues do not say that they deleverage.

A fill that takes an id of a contiguous counter and does not print went to the insurance fund or was a deleveraging.
Blind on venues whose ids skip in the calm, and right after a gap in the feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from detector.overview import Listed, Overview
from detector.verdict import ANY, CALM, CRITICAL, HIGH, Verdict, calm, unknown
from schemas.alert import Evidence

RULE = "S6.offbook_fills/1"


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
    for asset, market in usable:
        holes[asset] += market.missing_ids_60s
    ids = sum(market.ids_60s for _, market in usable)
    hit = sorted(asset for asset, missing in holes.items() if missing > 0)
    total = sum(holes.values())
    share = total / ids if ids else 0.0
    if not hit:
        return calm(RULE, "S6", venue, ANY)
    severity = CALM
    if len(hit) >= limits.offbook_assets:
        severity = CRITICAL if share >= limits.offbook_share else HIGH
    return Verdict(
        RULE,
        "S6",
        venue,
        ANY,
        severity,
        True,
        direction="down" if view.median_move() < 0 else "up",
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
