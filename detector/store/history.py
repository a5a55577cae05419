"""Every revision of every alert, for whoever asks later."""

from __future__ import annotations

import sqlite3

import msgspec

from detector.store.database import Database
from detector.store.errors import damaged
from schemas import codec
from schemas.alert import Alert

MOST_FOUND = 20
_alert = msgspec.json.Decoder(Alert)


def append(connection: sqlite3.Connection, alert: Alert) -> None:
    """Write it down; one that is known stays as it was told."""
    connection.execute(
        "INSERT OR IGNORE INTO alerts (alert_id, episode_id, revision, ts_ns, status, level, peak_level, stages, scope,"
        " headline, alert) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            alert.alert_id,
            alert.episode_id,
            alert.revision,
            alert.ts_ns,
            alert.status,
            alert.level,
            alert.peak_level,
            ",".join(alert.stages),
            alert.scope,
            alert.headline,
            codec.encode(alert).decode(),
        ),
    )


def read_alert(text: str, where: str) -> Alert:
    """An alert as it was written down."""
    try:
        return _alert.decode(text)
    except msgspec.MsgspecError as error:
        raise damaged(where, f"an alert cannot be read: {error}") from error


def find(database: Database, prefix: str) -> list[Alert]:
    """Alerts whose own id, or their episode's, begins so; the newest first."""
    if not prefix:
        return []
    rows = database.read(
        "SELECT alert FROM alerts WHERE alert_id >= ?1 AND alert_id < ?2 OR episode_id >= ?1 AND episode_id < ?2"
        " ORDER BY ts_ns DESC, revision DESC, seq DESC LIMIT ?3",
        prefix,
        after(prefix),
        MOST_FOUND,
    )
    return [read_alert(text, database.where) for (text,) in rows]


def recent(database: Database, limit: int) -> list[Alert]:
    """The newest alerts, the newest first."""
    rows = database.read("SELECT alert FROM alerts ORDER BY ts_ns DESC, seq DESC LIMIT ?", max(0, limit))
    return [read_alert(text, database.where) for (text,) in rows]


def after(prefix: str) -> str:
    """What comes after everything that begins with it. LIKE would read its `%` and use no index."""
    return prefix + chr(0x10FFFF)
