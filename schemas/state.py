"""Whether anybody is watching, and where the market stands: so that silence can be told from death."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.alert import Coverage, Direction, Level, Stage
from schemas.units import Count, DurationSeconds, Identifier, Text, TimestampNs


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="heartbeat"):
    """A process lives. One that has not been heard for three intervals is dead or cut off."""

    worker: Identifier
    """Which process; a restarted one is another."""
    role: Literal["producer", "detector", "notifier"]
    at_ns: TimestampNs
    """By the clock of the process: a heartbeat is about now, not about event time."""
    watermark_ns: TimestampNs
    """How far it has come in event time; 0 before its first event."""
    lag_s: DurationSeconds | None
    """Age of the newest input, by the clock of the process; null before the first."""
    partitions: tuple[Count, ...] = ()
    """Of the frames, which it works on."""
    state: Literal["starting", "running", "waiting", "stopping"]
    """`waiting`: it lives and has no input, or waits for another process."""
    note: Text = ""
    """What it waits for, in words."""


class MarketState(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="market_state"):
    """Where the market stands, said again at least every ten seconds whether or not anything changed."""

    ts_ns: TimestampNs
    """End of the last second that was judged, in event time."""
    level: Level
    stages: tuple[Stage, ...]
    """The stages of which a condition holds."""
    direction: Direction
    since_ns: TimestampNs | None
    """Event time at which the episode began; null while there is none."""
    episode_id: Identifier = ""
    coverage: Coverage | None = None
    """What could be seen; null while nothing was due to be judged."""
    missing_partitions: tuple[Count, ...] = ()
    """Partitions whose assets are not in this judgement."""
