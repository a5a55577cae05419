"""What the detector says: conditions beginning and ending, and the alerts that follow from them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from schemas.units import Count, Flag, Identifier, Text, TimestampNs

Stage = Literal["S1", "S2", "S3", "S4", "S5", "S6"]
Direction = Literal["down", "up", "none"]
Level = Literal["CLEAR", "WATCH", "WARN", "HIGH", "CRITICAL", "EMERGENCY"]
LEVELS: tuple[Level, ...] = get_args(Level)

MARKET = "market"
"""Scope of a condition that holds for the market as a whole."""

SignalValue = Annotated[
    float | None,
    msgspec.Meta(description="Null when unknown.", extra_json_schema={"unit": "see `unit`"}),
]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One number with what is normal for it."""

    signal: Identifier
    """Which number."""
    where: Identifier = ""
    """Venue and asset that the number is about, `binance-usdm BTC`; empty for the market, or where the context says."""
    value: SignalValue
    """The number now; null when it is unknown."""
    baseline: SignalValue = None
    """What is normal for it; null while there is too little history."""
    threshold: SignalValue = None
    """Where the rule that speaks draws its line; null where it draws none."""
    unit: Identifier = ""
    """The unit of `value`, `baseline` and `threshold`; empty for a plain number."""
    since_ns: TimestampNs | None = None
    """Event time since which it has been beyond its threshold."""
    note: Text = ""
    """Why the value is unknown, or what qualifies it."""


class Transition(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="transition"):
    """A condition began, changed severity or cleared. Conditions are concurrent: none waits for another."""

    stage: Stage
    rule: Identifier
    """Which rule of the stage, with its version: `S4.dislocation/1`."""
    venue: Identifier
    """A venue id, or `market`."""
    asset: Identifier
    """A base asset, or `*`."""
    active: Flag
    """True where the condition begins or changes severity, False where it clears."""
    severity: Level
    """CLEAR < WATCH < WARN < HIGH < CRITICAL < EMERGENCY."""
    direction: Direction
    """Which way prices are forced."""
    ts_ns: TimestampNs
    """Event time of the onset, change or clear."""
    since_ns: TimestampNs
    """Event time of the onset: the first evaluation of the streak that confirmed it."""
    evidence: tuple[Evidence, ...]
    """The numbers that decided."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the detector could see when it spoke."""

    live: Count
    """Evidence families with a value."""
    families: Count
    """Evidence families that exist for the connected venues."""
    blind: tuple[Text, ...] = ()
    """What is missing, in words: `binance-usdm book: gap since 21:17:03`."""


class ActiveCondition(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that holds while the alert speaks."""

    stage: Stage
    rule: Identifier
    """Which rule of the stage, with its version: `S4.dislocation/1`."""
    venue: Identifier
    """A venue id, or `market`."""
    asset: Identifier
    """A base asset, or `*`."""
    severity: Level
    since_ns: TimestampNs
    """Event time of its onset."""


class Alert(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="alert"):
    """A revision of an episode: everything that there is to say about it at `ts_ns`."""

    alert_id: Identifier
    """A function of episode, level, stages and revision: the same data gives the same id, and receiving it twice means
    nothing new."""
    episode_id: Identifier
    """Shared by all revisions of an episode."""
    revision: Count
    """Grows with every alert of the episode."""
    ts_ns: TimestampNs
    """Event time at which it became true."""
    status: Literal["open", "escalated", "updated", "downgraded", "resolved"]
    """What changed since the revision before."""
    level: Level
    """The level now: CLEAR < WATCH < WARN < HIGH < CRITICAL < EMERGENCY."""
    peak_level: Level
    """The highest level that the episode has reached."""
    stages: tuple[Stage, ...]
    """The stages of which a condition holds now."""
    scope: Identifier
    """`market`, or a base asset."""
    direction: Direction
    """Which way prices are forced."""
    since_ns: TimestampNs
    """Event time at which the episode began."""
    headline: Text
    """One sentence that stands alone."""
    evidence: tuple[Evidence, ...]
    """The numbers that decided, the most telling first."""
    conditions: tuple[ActiveCondition, ...]
    """Every condition that holds now."""
    coverage: Coverage
    second_key: Text = ""
    """The independent family of evidence that allowed CRITICAL or EMERGENCY; empty below."""
