"""The level of the market, or of one asset, from the conditions that hold. The two-key rule lives here.

Price-derived evidence alone never exceeds HIGH: CRITICAL needs a second key from an independent family (withdrawal on
two
venues, off-book fills on three assets, dislocation, liquidations, a broken peg), EMERGENCY a void or deleveraging.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from detector.conditions import Condition
from detector.signals import (
    breadth,
    deleveraging,
    depth,
    dislocation,
    dislocation_breadth,
    feed,
    liquidations,
    liquidations_market,
    offbook,
    void,
    void_venue,
)
from detector.verdict import ANY, CALM, CRITICAL, EMERGENCY, HIGH, WARN, WATCH
from schemas.alert import MARKET, Direction, Stage

MANY_ASSETS = 3
"""A void or deleveraging of fewer assets, without a market-wide shock, is a story of those assets."""


class Standing(NamedTuple):
    """A level, why it may be so high, and what it rests on."""

    level: int
    second_key: str
    stages: tuple[Stage, ...]
    direction: Direction
    conditions: tuple[Condition, ...]


def market_standing(active: Sequence[Condition], watched: Mapping[str, int], majors: Collection[str]) -> Standing:
    """The level of the market as a whole; `watched` is the number of assets on each venue."""
    shock = [c for c in active if c.stage == "S1" and c.venue == MARKET]
    broad = [c for c in active if c.rule in (breadth.FLOW, liquidations_market.RULE)]
    flow_assets = {c.asset for c in active if c.stage == "S2" and c.asset != ANY and c.severity >= WARN}
    flowing = bool(broad) or len(flow_assets) >= MANY_ASSETS
    late = {c.venue for c in active if c.rule in (feed.DELAY, feed.SILENCE)}
    thin = _thin_venues(active, watched, majors, WARN)
    withdrawn = late | thin
    by_depth = bool(_thin_venues(active, watched, majors, HIGH))
    key = _second_key(active, late, thin)
    worst = _void_or_deleveraging(active, bool(shock) or flowing)
    level = CALM
    if shock:
        level = WATCH
        if flowing or withdrawn:
            level = WARN
        if any(c.rule == breadth.FLOW for c in broad) or by_depth or (broad and flowing):
            level = HIGH
        if flowing and key:
            level = CRITICAL
    elif withdrawn or flowing or any(c.rule == dislocation_breadth.RULE for c in active):
        level = WATCH
    if any(c.stage == "S5" and c.severity >= CRITICAL for c in active) and (shock or flowing):
        level, key = max(level, CRITICAL), key or "collateral peg broken"
    if worst:
        level, key = EMERGENCY, worst
    return Standing(level, key if level >= CRITICAL else "", _stages(active), _direction(active), tuple(active))


def asset_standing(asset: str, active: Sequence[Condition]) -> Standing:
    """The level of one asset by its own conditions: a cascade that stays its own."""
    own = [c for c in active if c.asset == asset]
    stages = _stages(own)
    flow = any(c.stage == "S2" and c.severity >= WARN for c in own)
    level, key = CALM, ""
    if flow:
        level = WARN
        if "S3" in stages:
            level = HIGH
        if any(c.rule == dislocation.RULE and c.severity >= HIGH for c in own):
            level, key = CRITICAL, "cross-venue dislocation"
        if any(c.rule == liquidations.RULE and c.severity >= CRITICAL for c in own):
            level, key = CRITICAL, "liquidations at twenty times their floor"
        if "S6" in stages:
            level, key = EMERGENCY, "auto-deleveraging"
        if any(c.rule in (void.TWIN, void.EMPTY) for c in own) and key:
            level = EMERGENCY
    elif "S5" in stages:
        level = max(c.severity for c in own if c.stage == "S5")
        level, key = min(level, CRITICAL), "collateral peg broken"
    return Standing(level, key if level >= CRITICAL else "", stages, _direction(own), tuple(own))


def _thin_venues(
    active: Sequence[Condition], watched: Mapping[str, int], majors: Collection[str], severity: int
) -> set[str]:
    """Venues whose makers left: on a major, or on three assets; one thin alt is a story of that alt."""
    assets: dict[str, set[str]] = {}
    for c in active:
        if c.rule in (depth.DEPTH, depth.SPREAD) and c.severity >= severity:
            assets.setdefault(c.venue, set()).add(c.asset)
    return {
        venue
        for venue, thin in assets.items()
        if len(thin) >= min(MANY_ASSETS, watched.get(venue, MANY_ASSETS)) or not thin.isdisjoint(majors)
    }


def _second_key(active: Sequence[Condition], late: set[str], thin: set[str]) -> str:
    if len(thin) >= 2:
        return f"liquidity withdrawn on {' and '.join(sorted(thin))}"
    if len(late | thin) >= 2:
        return f"liquidity withdrawn or feeds failing on {' and '.join(sorted(late | thin))}"
    for c in active:
        if c.rule == offbook.RULE:
            return f"off-book fills on {c.venue}"
        if c.rule == dislocation_breadth.RULE and c.severity >= HIGH:
            return "cross-venue dislocation of two assets"
        if c.rule in (liquidations.RULE, liquidations_market.RULE) and c.severity >= CRITICAL:
            return f"liquidations on {c.venue}"
    return ""


def _void_or_deleveraging(active: Sequence[Condition], moving: bool) -> str:
    printed = {(c.venue, c.asset) for c in active if c.rule == deleveraging.RULE}
    if printed and (moving or len({asset for _, asset in printed}) >= MANY_ASSETS):
        return f"auto-deleveraging on {' and '.join(sorted({venue for venue, _ in printed}))}"
    for c in active:
        if c.rule == void_venue.RULE and moving:
            return f"liquidity void on {c.venue}"
        if c.rule == dislocation_breadth.RULE and c.severity >= EMERGENCY:
            return "prices of three assets more than 5 % apart between venues"
    empty = {c.venue for c in active if c.rule == void.EMPTY}
    for venue in sorted(empty):
        if moving and len({c.asset for c in active if c.rule == void.EMPTY and c.venue == venue}) >= MANY_ASSETS:
            return f"empty books on {venue}"
    return ""


def _stages(active: Sequence[Condition]) -> tuple[Stage, ...]:
    return tuple(sorted({c.stage for c in active}))


def _direction(active: Sequence[Condition]) -> Direction:
    down = sum(c.direction == "down" for c in active)
    up = sum(c.direction == "up" for c in active)
    return "down" if down > up else "up" if up > down else "none"
