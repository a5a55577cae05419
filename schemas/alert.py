"""What the detector says: conditions beginning and ending, and the alerts that follow from them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from schemas.units import Count, Flag, Identifier, Text, TimestampNs, Votes

Stage = Literal["S1", "S2", "S3", "S4", "S5", "S6", "R", "D"]
"""`R`: a stage is over and what it broke is not whole again. `D`: our own data cannot be believed, or are not there."""
Direction = Literal["down", "up", "none"]
Level = Literal["CLEAR", "WATCH", "WARN", "HIGH", "CRITICAL", "EMERGENCY"]
LEVELS: tuple[Level, ...] = get_args(Level)
Posture = Literal["normal", "reduce", "halt_new", "no_market_orders", "resume"]
"""`reduce`: close risk in your own time. `halt_new`: open nothing. `no_market_orders`: nor close by a market order,
there is nothing to trade against. `resume`: the episode is over."""
Cause = Literal["macro", "microstructure", "mixed", "undecided"]

MARKET = "market"
"""Scope of a condition that holds for the market as a whole."""
OURS = "detector"
"""Scope of an alert about ourselves: this machine, its network or its clock. No venue and no asset has this name."""

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
    percentile: SignalValue = None
    """Share of its own calm history, in percent, that was no larger; null while there is too little of it."""
    sigma: SignalValue = None
    """How many robust σ (1.4826 × the median absolute deviation of its own calm history) it lies from `baseline`."""


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """One look at whether leverage made the move, or news did."""

    name: Identifier
    """What was looked at."""
    vote: Votes | None
    """+1 microstructure, -1 macro, 0 neither; null where it cannot see."""
    value: SignalValue
    """The number that voted; null when it is unknown."""
    microstructure: SignalValue
    """The line beyond which it votes +1."""
    macro: SignalValue
    """The line on whose other side it votes -1."""
    unit: Identifier = ""
    note: Text = ""
    """Why it cannot see, or what qualifies it."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A leverage-driven microstructure event or a macro repricing, with the votes."""

    cause: Cause
    """`mixed`: it began as macro, and leverage made more of it. `undecided`: the votes do not reach two either way."""
    score: Votes
    votes: tuple[Vote, ...]


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
    """The stages of which a condition holds now. `D` is in all alerts about data and in no others."""
    scope: Identifier
    """`market`, a base asset, or what cannot be seen: a venue's id where its feed or data fail, `detector` where our
    own machine, network or clock does."""
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
    posture: Posture = "normal"
    """What a careful bot does now."""
    label: Label | None = None
    """Of the market's episodes; null for those of one asset or venue."""
    context: tuple[Evidence, ...] = ()
    """How fragile the market is: it makes an alert more or less grave to a reader, and never raises one."""
    clears: tuple[Text, ...] = ()
    """What would end each kind of condition that holds, in words."""
    replay_id: Identifier = ""
    """`rules/from/to`: a replay of these moments by a program of these rules and thresholds warms all baselines of an
    hour; what remembers longer, such as a week's busiest minutes, is not in it."""
