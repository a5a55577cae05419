"""The one table of topics: what is in each, how it is keyed, how long it is kept.

The major version is in the name; within it fields are only added. Topics are created from this table, never on
first use.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.alert import Alert, Reading, Transition
from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.market import Adl, Liquidation
from schemas.units import Count, DurationS, Identifier

Key = Literal["asset", "venue", "episode", "stage and asset"]
Value = Literal["json", "json array", "opaque"]

HOUR_S = 3_600
DAY_S = 24 * HOUR_S

FRAME_PARTITIONS = 12
"""Many small numbers of workers divide twelve evenly; topics joined with the frames by asset have the same count."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic."""

    name: Identifier
    key: Key
    value: Value
    """`json array`: several messages of one key, in their order of receipt. `opaque`: bytes only the writer reads."""
    messages: tuple[type[msgspec.Struct], ...]
    """Which messages a value holds; a base class stands for all of its kinds."""
    partitions: Count
    cleanup: Literal["delete", "compact"]
    retention_s: DurationS | None
    """None keeps records until compaction. Replaying old data needs None too: retention goes by record time."""


FRAMES = Topic(
    name="market.frames.v1",
    key="asset",
    value="json array",
    messages=(Event,),
    partitions=FRAME_PARTITIONS,
    cleanup="delete",
    # Bounds the disk, not the recovery: a restart needs seconds of frames after the last snapshot.
    retention_s=6 * HOUR_S,
)
FRAMES_DEAD_LETTERS = Topic(
    name="market.frames.dlq.v1",
    key="asset",
    value="opaque",
    messages=(),
    partitions=1,
    cleanup="delete",
    # Long enough for a person to come back from holiday and look.
    retention_s=14 * DAY_S,
)
LIQUIDATIONS = Topic(
    name="market.liquidations.v1",
    key="asset",
    value="json",
    messages=(Liquidation,),
    partitions=FRAME_PARTITIONS,
    cleanup="delete",
    retention_s=7 * DAY_S,
)
ADL = Topic(
    name="market.adl.v1",
    key="asset",
    value="json",
    messages=(Adl,),
    partitions=FRAME_PARTITIONS,
    cleanup="delete",
    retention_s=7 * DAY_S,
)
HEALTH = Topic(
    name="market.health.v1",
    key="venue",
    value="json",
    messages=(Gap, VenueStatus),
    partitions=1,
    cleanup="delete",
    retention_s=7 * DAY_S,
)
ALERTS = Topic(
    name="cascade.alerts.v1",
    key="episode",
    value="json",
    messages=(Alert,),
    # One partition is one order across episodes, and alerts are few.
    partitions=1,
    cleanup="delete",
    retention_s=30 * DAY_S,
)
STATE = Topic(
    name="cascade.state.v1",
    key="stage and asset",
    value="json",
    messages=(Transition,),
    partitions=1,
    cleanup="compact",
    retention_s=None,
)
READINGS = Topic(
    name="cascade.readings.v1",
    key="asset",
    value="json",
    messages=(Reading,),
    # The market-wide stage is one reader of all assets.
    partitions=1,
    cleanup="delete",
    retention_s=DAY_S,
)
SNAPSHOTS = Topic(
    name="cascade.snapshots.v1",
    key="asset",
    value="opaque",
    messages=(),
    partitions=FRAME_PARTITIONS,
    cleanup="compact",
    retention_s=None,
)

TOPICS = (FRAMES, FRAMES_DEAD_LETTERS, LIQUIDATIONS, ADL, HEALTH, ALERTS, STATE, READINGS, SNAPSHOTS)
