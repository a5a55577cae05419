"""The one table of topics: what is in each, how it is keyed, how long it is kept.

The major version is in the name; within it fields are only added. Topics are created from this table, never on
first use.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.alert import Alert, Transition
from schemas.base import Event
from schemas.health import Gap, SelfCheck, VenueStatus
from schemas.market import Adl, AdlState, Liquidation
from schemas.reading import Reading
from schemas.state import Heartbeat, MarketState
from schemas.units import Count, DurationS, Identifier, Text

Key = Literal["asset", "venue", "episode", "place", "partition"]
Value = Literal["json", "json array", "opaque"]
Headers = Literal["producer", "alert", "dead letter"]

KEYS: dict[Key, str] = {
    "asset": "The base asset, `BTC`; `*` for what concerns every asset.",
    "venue": "The venue's id.",
    "episode": "The id of the episode.",
    "place": "`rule|venue|asset` of a condition, `market` for the whole market, `worker|id` for a process.",
    "partition": "The number of the partition of the frames, in decimal digits.",
}
"""What is written as the key of a record, as UTF-8."""

HEADERS: dict[Headers, dict[str, str]] = {
    "producer": {"producer": "Which process wrote the record; a restarted one is another."},
    "alert": {
        "ce_specversion": "The version of CloudEvents, `1.0`.",
        "ce_id": "The id of the alert: the same id twice is the same alert.",
        "ce_source": "What speaks: the detector.",
        "ce_type": "What the value is, with its major version.",
        "ce_time": "Event time at which it became true, RFC 3339 with nanoseconds.",
        "ce_subject": "`market`, or a base asset.",
        "content-type": "The media type of the value.",
        "worker": "Which process wrote the record; another may write the same alert.",
    },
    "dead letter": {
        "dlq-reason": "Why the record could not be read, in words.",
        "dlq-topic": "The topic that it was read from.",
        "dlq-partition": "The partition that it was read from, in decimal digits.",
        "dlq-offset": "Its offset there, in decimal digits.",
        "dlq-worker": "Which process gave it up.",
    },
}
"""Names of record headers and what they say; all values are UTF-8. A dead letter has those of its record, too."""

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
MIB = 1 << 20

FRAME_PARTITIONS = 12
"""Many small numbers of workers divide twelve evenly; topics joined with the frames by asset have the same count."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic."""

    name: Identifier
    description: Text
    """What a subscriber finds in it."""
    key: Key
    value: Value
    """`json array`: several messages of one key, in their order of receipt. `opaque`: bytes only the writer reads."""
    messages: tuple[type[msgspec.Struct], ...]
    """Which messages a value holds; a base class stands for all of its kinds."""
    headers: Headers | None = None
    """Which headers a record has."""
    partitions: Count
    cleanup: Literal["delete", "compact"]
    retention_s: DurationS | None
    """Counted from the moment at which the broker took the record; None keeps it until compaction."""
    segment_s: DurationS
    """Only closed segments are deleted or compacted; the broker closes one after so long where it is not full before,
    and its own default is a week."""
    segment_bytes: Count | None = None
    """A segment of this size is full; None leaves it to the broker."""
    max_message_bytes: Count | None = None
    """Largest batch of records, compressed; None leaves it to the broker, whose default is one MiB."""

    def config(self) -> dict[str, str]:
        """The settings that the topic is created with, by Kafka's names.

        >>> ALERTS.config()["retention.ms"]
        '2592000000'
        """
        settings = {
            "cleanup.policy": self.cleanup,
            "retention.ms": "-1" if self.retention_s is None else str(self.retention_s * 1000),
            "segment.ms": str(self.segment_s * 1000),
            # Retention and segments go by the record's time. By the venue's, a replay of an old day would be deleted
            # as soon as it was written.
            "message.timestamp.type": "LogAppendTime",
        }
        if self.cleanup == "compact":
            # Whoever restores reads what is clean once and what is not once for each version of it: the cleaner
            # starts when a tenth is unclean. The broker's default is a half.
            settings["min.cleanable.dirty.ratio"] = "0.1"
        if self.segment_bytes is not None:
            settings["segment.bytes"] = str(self.segment_bytes)
        if self.max_message_bytes is not None:
            settings["max.message.bytes"] = str(self.max_message_bytes)
        return settings


FRAMES = Topic(
    name="market.frames.v1",
    description="The detector's input: all events of an asset, from every venue, in one order; several in one record.",
    key="asset",
    value="json array",
    messages=(Event,),
    headers="producer",
    partitions=FRAME_PARTITIONS,
    cleanup="delete",
    # Bounds the disk, not the recovery: a restart needs seconds of frames after the last snapshot.
    retention_s=6 * HOUR_S,
    segment_s=30 * MINUTE_S,
)
FRAMES_DEAD_LETTERS = Topic(
    name="market.frames.dlq.v1",
    description="Frames that could not be read, byte for byte.",
    key="asset",
    value="opaque",
    messages=(),
    headers="dead letter",
    partitions=1,
    cleanup="delete",
    # Long enough for a person to come back from holiday and look.
    retention_s=14 * DAY_S,
    segment_s=DAY_S,
)
LIQUIDATIONS = Topic(
    name="market.liquidations.v1",
    description="Every liquidation that a venue tells of, one a record.",
    key="asset",
    value="json",
    messages=(Liquidation,),
    headers="producer",
    partitions=FRAME_PARTITIONS,
    cleanup="delete",
    retention_s=7 * DAY_S,
    segment_s=DAY_S,
)
ADL = Topic(
    name="market.adl.v1",
    description="Every auto-deleveraging that a venue tells of, and how near it says the next one is, one a record.",
    key="asset",
    value="json",
    messages=(Adl, AdlState),
    headers="producer",
    partitions=FRAME_PARTITIONS,
    cleanup="delete",
    retention_s=7 * DAY_S,
    segment_s=DAY_S,
)
HEALTH = Topic(
    name="market.health.v1",
    description="What is missing, which connections stand, and whether a venue agrees with how it is read.",
    key="venue",
    value="json",
    messages=(Gap, VenueStatus, SelfCheck),
    headers="producer",
    partitions=1,
    cleanup="delete",
    retention_s=7 * DAY_S,
    segment_s=DAY_S,
)
ALERTS = Topic(
    name="cascade.alerts.v1",
    description="Alerts: each revision of each episode. The same id twice is the same alert.",
    key="episode",
    value="json",
    messages=(Alert,),
    headers="alert",
    # One partition is one order across episodes, and alerts are few.
    partitions=1,
    cleanup="delete",
    retention_s=30 * DAY_S,
    segment_s=DAY_S,
)
STATE = Topic(
    name="cascade.state.v1",
    description="The latest transition of every condition, where the market stands, and who is alive.",
    key="place",
    value="json",
    messages=(Transition, MarketState, Heartbeat),
    partitions=1,
    cleanup="compact",
    retention_s=None,
    # Whoever reads it from the beginning reads ten minutes of heartbeats, not a week.
    segment_s=10 * MINUTE_S,
)
READINGS = Topic(
    name="cascade.readings.v1",
    description="What is read off every asset once a second; one record for each partition of the frames.",
    # The market-wide stage needs all partitions in one order.
    key="partition",
    value="json",
    messages=(Reading,),
    partitions=1,
    cleanup="delete",
    retention_s=DAY_S,
    segment_s=HOUR_S,
)
READINGS_DEAD_LETTERS = Topic(
    name="cascade.readings.dlq.v1",
    description="Readings that could not be read, byte for byte.",
    key="partition",
    value="opaque",
    messages=(),
    headers="dead letter",
    partitions=1,
    cleanup="delete",
    retention_s=14 * DAY_S,
    segment_s=DAY_S,
)
SNAPSHOTS = Topic(
    name="cascade.snapshots.v1",
    description="The detector's state of each asset and the offset that it holds: for workers, not for subscribers.",
    key="asset",
    value="opaque",
    messages=(),
    partitions=FRAME_PARTITIONS,
    cleanup="compact",
    retention_s=None,
    # A worker that takes a partition over reads at most so much that a later snapshot has replaced, and then one of
    # each asset; the segment that is being written is never compacted.
    segment_s=5 * MINUTE_S,
    segment_bytes=16 * MIB,
    # The state of an asset holds its books on every venue.
    max_message_bytes=8 * MIB,
)

TOPICS = (
    FRAMES,
    FRAMES_DEAD_LETTERS,
    LIQUIDATIONS,
    ADL,
    HEALTH,
    ALERTS,
    STATE,
    READINGS,
    READINGS_DEAD_LETTERS,
    SNAPSHOTS,
)
