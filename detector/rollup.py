"""The level of the market, or of one asset, from the conditions that hold. The two-key rule lives here.

Price-derived evidence alone never exceeds HIGH: CRITICAL needs forced or broad flow and a second key from another
family (withdrawal on two venues, off-book fills on three assets, dislocation, liquidations, a broken peg), EMERGENCY a
void or deleveraging.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from detector.conditions import NS, Condition
from detector.config import Config, Levels
from detector.signals import (
    adl_hazard,
    asset_move,
    branching,
    breadth,
    deleveraging,
    depth,
    dislocation,
    dislocation_breadth,
    feed,
    liquidations,
    liquidations_market,
    offbook,
    venue_words,
    void,
    void_venue,
)
from detector.verdict import ANY, CALM, CRITICAL, EMERGENCY, HIGH, WARN, WATCH
from schemas.alert import MARKET, Direction, Stage

SHOCKS = frozenset({branching.RULE, breadth.SHOCK})
"""What opens a market's story. That assets move as one belongs to it, but majors do so on many a quiet day."""

ASIDE = frozenset({"D", "R"})
"""Stages that raise nothing: what is wrong with our data, and what a cascade left behind."""


class Watched(NamedTuple):
    """How many assets are looked at: what a few of them show is the less, the more there are."""

    on: Mapping[str, int]
    """On each venue."""
    assets: int
    """Everywhere."""

    def at(self, venue: str) -> int:
        """On a venue, or everywhere where the place is the market."""
        return self.assets if venue == MARKET else self.on.get(venue, 0)


class Standing(NamedTuple):
    """A level, why it may be so high, and what it rests on."""

    level: int
    second_key: str
    stages: tuple[Stage, ...]
    direction: Direction
    conditions: tuple[Condition, ...]
    rules: tuple[str, ...] = ()
    """Of an alert about data, where each rule is news; the market and assets have stages for that."""
    cause: str = ""
    """Of the market's story, once it is decided: that is news as well."""
    void: bool = False
    """Whether there is nothing to trade against in the scope as a whole."""

    @property
    def news(self) -> tuple[str, ...]:
        """What is worth an update when it joins."""
        return (*(self.rules or self.stages), *((self.cause,) if self.cause else ()))


def market_standing(active: Sequence[Condition], watched: Watched, config: Config) -> Standing:
    """The level of the market as a whole."""
    limits = config.levels
    many = _many(watched.assets, limits)
    shock = [c for c in active if c.rule in SHOCKS]
    broad = any(c.rule in (breadth.FLOW, liquidations_market.RULE) for c in active)
    flow = [c for c in active if c.stage == "S2" and c.asset != ANY and c.severity >= WARN]
    flowing = broad or len(_assets(flow)) >= many
    late = {c.venue for c in active if c.rule in (feed.DELAY, feed.SILENCE, venue_words.HALTED)}
    thin = _thin_venues(active, watched, config, WARN)
    key = _second_key(active, late, thin)
    level = CALM
    if shock:
        level = WATCH
        if flowing or late or thin:
            level = WARN
        if broad or _thin_venues(active, watched, config, HIGH):
            level = HIGH
        if key and (broad or _is_cascade(flow, many)):
            level = CRITICAL
    elif thin or len(late) > 1 or flowing or any(c.rule == dislocation_breadth.RULE for c in active):
        level = WATCH
    moving = shock or ([c for c in active if c.stage == "S2" and c.severity >= WARN] if flowing else [])
    if moving and _peg_broke(active, min(c.since_ns for c in moving) - limits.collateral_before_s * NS):
        level, key = max(level, CRITICAL), key or "collateral peg broken"
    worst = _void(active, watched, limits) if moving else ""
    if worst := _deleveraging(active, many, alone=not shock and not broad) or worst:
        level, key = EMERGENCY, worst
    return Standing(
        level,
        key if level >= CRITICAL else "",
        _stages(active),
        _direction(active),
        tuple(active),
        void=_untradeable(active, watched, config),
    )


def asset_standing(asset: str, active: Sequence[Condition]) -> Standing:
    """The level of one asset by its own conditions: a cascade that stays its own."""
    own = [c for c in active if c.asset == asset]
    stages = _stages(own)
    level, key = CALM, ""
    if any(c.stage == "S2" and c.severity >= WARN for c in own):
        level = HIGH if "S3" in stages else WARN
        keys = _own_keys(own)
        printed = any(c.rule == deleveraging.RULE for c in own)
        if printed:
            # A venue closes winners in every coin that they hold: of this coin a print says no more than another key.
            keys.insert(0, "auto-deleveraging")
        if keys:
            level, key = CRITICAL, " and ".join(keys)
        if keys and ((printed and len(keys) > 1) or any(c.rule in (void.TWIN, void.EMPTY) for c in own)):
            level = EMERGENCY
    off = min(max((c.severity for c in own if c.stage == "S5"), default=CALM), CRITICAL)
    if off > level:
        level, key = off, "collateral peg broken"
    empty = any(c.stage == "S4" and c.severity >= HIGH for c in own)
    return Standing(level, key if level >= CRITICAL else "", stages, _direction(own), tuple(own), void=empty)


def _many(watched: int, limits: Levels) -> int:
    """So many of the assets watched are more than a few of them."""
    return max(limits.many_assets, ceil(watched * limits.many_share))


def _assets(conditions: Iterable[Condition]) -> set[str]:
    return {c.asset for c in conditions if c.asset != ANY}


def _by_venue(conditions: Iterable[Condition]) -> dict[str, set[str]]:
    """Venues in alphabetical order, with their assets."""
    found: dict[str, set[str]] = {}
    for c in sorted(conditions, key=lambda c: c.venue):
        found.setdefault(c.venue, set()).add(c.asset)
    return found


def _is_cascade(flow: Sequence[Condition], many: int) -> bool:
    """Whether many assets are forced, or many move one way: three that move each for itself are no cascade."""
    forced = _assets(c for c in flow if c.rule != asset_move.RULE)
    ways = [_assets(c for c in flow if c.direction == way) for way in ("down", "up")]
    return any(len(assets) >= many for assets in (forced, *ways))


def _thin_venues(active: Sequence[Condition], watched: Watched, config: Config, severity: int) -> set[str]:
    """Venues whose makers left: on a major, or on many assets; one thin alt is a story of that alt."""
    found = _by_venue(c for c in active if c.rule in (depth.DEPTH, depth.SPREAD) and c.severity >= severity)
    enough = {venue: _many(watched.at(venue), config.levels) for venue in found}
    return {
        venue
        for venue, thin in found.items()
        if len(thin) >= min(enough[venue], watched.on.get(venue, enough[venue])) or not thin.isdisjoint(config.majors)
    }


def _second_key(active: Sequence[Condition], late: set[str], thin: set[str]) -> str:
    if len(thin) >= 2:
        return f"liquidity withdrawn on {' and '.join(sorted(thin))}"
    if len(late | thin) >= 2:
        return f"liquidity withdrawn or feeds failing on {' and '.join(sorted(late | thin))}"
    for c in active:
        if c.rule == offbook.RULE:
            return f"off-book fills on {c.venue}"
        if c.rule == adl_hazard.RULE and c.severity >= HIGH:
            return f"deleveraging near on {c.venue}, by its own words or fund"
        if c.rule == dislocation_breadth.RULE and c.severity >= HIGH:
            return "cross-venue dislocation of two assets"
        if c.rule in (liquidations.RULE, liquidations_market.RULE) and c.severity >= CRITICAL:
            return f"liquidations on {c.venue}"
    return ""


def _own_keys(own: Sequence[Condition]) -> list[str]:
    """Second keys of an asset, but for a deleveraging print."""
    keys = (
        (dislocation.RULE, HIGH, "cross-venue dislocation"),
        (liquidations.RULE, CRITICAL, "liquidations at twenty times their floor"),
        (adl_hazard.RULE, HIGH, "the venue says that deleveraging is near"),
    )
    return [key for rule, least, key in keys if any(c.rule == rule and c.severity >= least for c in own)]


def _peg_broke(active: Sequence[Condition], after_ns: int) -> bool:
    """Whether collateral fell off its peg since then. What is worth more than it should be covers all the same."""
    return any(
        c.stage == "S5" and c.severity >= CRITICAL and c.direction == "down" and c.since_ns >= after_ns for c in active
    )


def _deleveraging(active: Sequence[Condition], many: int, *, alone: bool) -> str:
    """Where winners are closed, of which a print or two say nothing of the market where they stand `alone`."""
    printed = [c for c in active if c.rule == deleveraging.RULE]
    if not printed or (alone and len(_assets(printed)) < many):
        return ""
    return f"auto-deleveraging on {' and '.join(_by_venue(printed))}"


def _void(active: Sequence[Condition], watched: Watched, limits: Levels) -> str:
    for c in filter(_is_wide, active):
        if c.rule == void_venue.RULE:
            return f"liquidity void on {c.venue}"
        return "prices of three assets more than 5 % apart between venues"
    for venue, empty in _by_venue(c for c in active if c.rule == void.EMPTY).items():
        if len(empty) >= _many(watched.at(venue), limits):
            return f"empty books on {venue}"
    return ""


def _is_wide(c: Condition) -> bool:
    """Whether it is a void of more than single assets."""
    return c.rule == void_venue.RULE or (c.rule == dislocation_breadth.RULE and c.severity >= EMERGENCY)


def _untradeable(active: Sequence[Condition], watched: Watched, config: Config) -> bool:
    """Whether a market order sells at any price in the market as a whole: the void of one alt is that alt's."""
    if any(map(_is_wide, active)):
        return True
    voids = [c for c in active if c.stage == "S4" and c.severity >= HIGH and c.asset != ANY]
    assets = _assets(voids)
    places = {**_by_venue(voids), MARKET: assets}
    return not assets.isdisjoint(config.majors) or any(
        len(found) >= _many(watched.at(venue), config.levels) for venue, found in places.items()
    )


def _stages(active: Sequence[Condition]) -> tuple[Stage, ...]:
    return tuple(sorted({c.stage for c in active} - ASIDE))


def _direction(active: Sequence[Condition]) -> Direction:
    down = sum(c.direction == "down" and c.stage not in ASIDE for c in active)
    up = sum(c.direction == "up" and c.stage not in ASIDE for c in active)
    return "down" if down > up else "up" if up > down else "none"
