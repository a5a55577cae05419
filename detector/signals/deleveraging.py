"""S6: winners are closed against the bankrupt. Direct prints, and holes in trade ids where venues do not say.

A print is a fact: one is enough. Holes are an inference (fund takeover or deleveraging): a fill that takes an id of a
contiguous counter and does not print. Blind on venues whose ids skip in the calm, and right after a gap in the feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from detector.market import Market
from detector.verdict import ANY, CALM, CRITICAL, EMERGENCY, HIGH, Verdict, calm, unknown
from detector.world import NS, World
from schemas.alert import Direction, Evidence

PRINT = "S6.print/1"
OFFBOOK = "S6.offbook_fills/1"


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict a market for prints, one a venue for holes."""
    for venue, markets in world.venues():
        for market in markets:
            if market.instrument.market != "spot":
                yield _print(world, market)
        yield _offbook(world, venue, markets)


def _print(world: World, market: Market) -> Verdict:
    forced, now_ns = market.forced, world.now_ns
    if not forced.adl_count:
        # No print was ever seen: whether this feed would show one is not known.
        return unknown(PRINT, "S6", market.venue, market.asset)
    recent = now_ns - forced.last_adl_ns
    if recent > 60 * NS:
        return calm(PRINT, "S6", market.venue, market.asset)
    on = recent <= 2 * NS
    direction: Direction = "down" if forced.adl_direction == "down" else "up"
    evidence = (
        Evidence(signal="adl_60s", value=round(forced.deleveraged.sum(0, now_ns), 0), baseline=0.0, unit="USD"),
        Evidence(signal="adl_fills", value=float(forced.adl_count), baseline=0.0, unit="fills"),
    )
    return Verdict(
        PRINT,
        "S6",
        market.venue,
        market.asset,
        EMERGENCY if on else CALM,
        True,
        direction=direction,
        confirm=1,
        evidence=evidence if on else (),
    )


def _offbook(world: World, venue: str, markets: list[Market]) -> Verdict:
    limits = world.config.deleveraging
    usable = [
        market
        for market in markets
        if market.trading.ids.calm_ids >= limits.offbook_warm_ids
        and market.trading.ids.calm_missing <= limits.offbook_calm * market.trading.ids.calm_ids
    ]
    if not usable:
        return unknown(OFFBOOK, "S6", venue, ANY)
    holes: Counter[str] = Counter()
    for market in usable:
        holes[market.asset] += market.trading.ids.missing_60s.total
    ids = sum(market.trading.ids.ids_60s.total for market in usable)
    hit = sorted(asset for asset, missing in holes.items() if missing > 0)
    total = sum(holes.values())
    share = total / ids if ids else 0.0
    if not hit:
        return calm(OFFBOOK, "S6", venue, ANY)
    severity = CALM
    if len(hit) >= limits.offbook_assets:
        severity = CRITICAL if share >= limits.offbook_share else HIGH
    return Verdict(
        OFFBOOK,
        "S6",
        venue,
        ANY,
        severity,
        True,
        direction="down" if world.median_move() < 0 else "up",
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
