"""The notification log: one row for every attempt to tell somebody."""

from __future__ import annotations

import sqlite3
from typing import Literal

import msgspec

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt
from detector.alerts.steps import Act
from detector.alerts.threads import Thread
from detector.sinks.sink import Delivery
from detector.store.database import Database
from detector.store.history import after
from schemas.alert import LEVELS, Level

Result = Literal["delivered", "retry", "rejected", "unknown", "expired"]
LONGEST_REASON = 500
MOST_FOUND = 200


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, or that none is made any more."""

    at_ns: int
    """When its outcome was known, by the notifier's clock."""
    sink: str
    thread_id: str
    message_id: str
    """Empty where it expired: nothing was sent."""
    delivery_id: str
    """As `message_id`."""
    act: Act
    revision: int
    """Of the thread."""
    level: Level
    """Of the gravest story that it tells of, now; of what expired, the highest that it was at."""
    outcome: Result
    """`expired`: it was over before anybody could be told."""
    reason: str = ""
    late_ns: int = 0
    """How old the news was, where it was late."""

    @classmethod
    def of(cls, delivery: Delivery, sink: str, outcome: Outcome, *, now_ns: int, late_ns: int) -> LogEntry:
        """What became of a delivery."""
        return cls(
            at_ns=now_ns,
            sink=sink,
            thread_id=delivery.thread_id,
            message_id=delivery.message_id,
            delivery_id=delivery.delivery_id,
            act=delivery.act,
            revision=delivery.revision,
            level=delivery.message.level,
            outcome=_result(outcome),
            reason="" if isinstance(outcome, Delivered) else outcome.reason,
            late_ns=late_ns,
        )

    @classmethod
    def of_expired(cls, thread: Thread, now_ns: int) -> LogEntry:
        """It was over before anybody was told."""
        return cls(
            at_ns=now_ns,
            sink=thread.sink,
            thread_id=thread.thread_id,
            message_id="",
            delivery_id="",
            act="new",
            revision=thread.revision,
            level=LEVELS[thread.peak],
            outcome="expired",
            reason="over before it could be told",
            late_ns=max(0, now_ns - thread.since_ns),
        )


def _result(outcome: Outcome) -> Result:
    if isinstance(outcome, Delivered):
        return "delivered"
    if isinstance(outcome, RetryAt):
        return "retry"
    return "rejected" if isinstance(outcome, Rejected) else "unknown"


COLUMNS = LogEntry.__struct_fields__
_NAMES = ", ".join(COLUMNS)
_MARKS = ", ".join("?" * len(COLUMNS))


def append(connection: sqlite3.Connection, entry: LogEntry) -> None:
    """Write an attempt down."""
    # What a remote said may be long, and hold what no text can.
    reason = entry.reason[:LONGEST_REASON].encode(errors="replace").decode()
    values = msgspec.structs.astuple(msgspec.structs.replace(entry, reason=reason))
    connection.execute(f"INSERT INTO log ({_NAMES}) VALUES ({_MARKS})", values)  # noqa: S608 - our own names


def log_of(database: Database, prefix: str) -> list[LogEntry]:
    """What was sent of an alert, an episode, a thread or a message whose id begins so; the oldest of the newest first.

    Of an alert it is what was sent of its episode: messages tell where that stands.
    """
    if not prefix:
        return []
    rows = database.read(
        f"SELECT {_NAMES} FROM (SELECT * FROM log"  # noqa: S608 - our own names
        " WHERE thread_id >= ?1 AND thread_id < ?2 OR message_id >= ?1 AND message_id < ?2"
        " OR thread_id IN (SELECT thread_id FROM told WHERE episode_id >= ?1 AND episode_id < ?2)"
        " OR thread_id IN (SELECT told.thread_id FROM told JOIN alerts USING (episode_id)"
        "   WHERE alert_id >= ?1 AND alert_id < ?2)"
        " ORDER BY seq DESC LIMIT ?3) ORDER BY seq",
        prefix,
        after(prefix),
        MOST_FOUND,
    )
    return [LogEntry(**dict(zip(COLUMNS, row, strict=True))) for row in rows]
