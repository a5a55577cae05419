"""The tables, as the list of steps that made them. A file is brought up to date when it is opened; one that a newer
program wrote is left as it is.
"""

from __future__ import annotations

import sqlite3

from detector.store.errors import StoreError

OURS = 0x63617363
"""`PRAGMA application_id`: whose file it is."""

# Every key is a `seq`: tables are read in the order in which they were written, also after a VACUUM.
_FIRST = (
    """CREATE TABLE alerts (
        seq INTEGER PRIMARY KEY,
        alert_id TEXT NOT NULL UNIQUE,
        episode_id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        ts_ns INTEGER NOT NULL,
        status TEXT NOT NULL,
        level TEXT NOT NULL,
        peak_level TEXT NOT NULL,
        stages TEXT NOT NULL,
        scope TEXT NOT NULL,
        headline TEXT NOT NULL,
        alert TEXT NOT NULL
    )""",
    "CREATE INDEX alerts_by_episode ON alerts (episode_id, revision)",
    "CREATE INDEX alerts_by_time ON alerts (ts_ns)",
    """CREATE TABLE log (
        seq INTEGER PRIMARY KEY,
        at_ns INTEGER NOT NULL,
        sink TEXT NOT NULL,
        thread_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        delivery_id TEXT NOT NULL,
        act TEXT NOT NULL,
        revision INTEGER NOT NULL,
        level TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT NOT NULL,
        late_ns INTEGER NOT NULL
    )""",
    "CREATE INDEX log_by_thread ON log (thread_id)",
    "CREATE INDEX log_by_message ON log (message_id)",
    "CREATE INDEX log_by_time ON log (at_ns)",
    """CREATE TABLE threads (
        seq INTEGER PRIMARY KEY,
        thread_id TEXT NOT NULL UNIQUE,
        sink TEXT NOT NULL,
        revision INTEGER NOT NULL,
        sent_revision INTEGER NOT NULL,
        fate TEXT NOT NULL,
        thread TEXT NOT NULL
    )""",
    """CREATE TABLE told (
        seq INTEGER PRIMARY KEY,
        episode_id TEXT NOT NULL,
        thread_id TEXT NOT NULL,
        UNIQUE (episode_id, thread_id)
    )""",
    "CREATE INDEX told_by_thread ON told (thread_id)",
    """CREATE TABLE stories (
        seq INTEGER PRIMARY KEY,
        episode_id TEXT NOT NULL UNIQUE,
        alert_id TEXT NOT NULL,
        fed TEXT NOT NULL
    )""",
    "CREATE TABLE shown (seq INTEGER PRIMARY KEY, alert_id TEXT NOT NULL UNIQUE)",
    """CREATE TABLE silences (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        from_ns INTEGER NOT NULL,
        until_ns INTEGER NOT NULL,
        silence TEXT NOT NULL
    )""",
    "CREATE TABLE memory (sink TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (sink, key))",
    "CREATE TABLE state (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""One after the other; `PRAGMA user_version` says how many of them a file has been through. Never changed, only added
to: files that have been through them are out there."""


def refuse_unknown(connection: sqlite3.Connection, where: str) -> int:
    """The version of the file; raises where it is not ours to write."""
    version = _pragma(connection, "user_version")
    owner = _pragma(connection, "application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner != OURS and (owner or version or tables):
        raise StoreError(f"store {where}: it is another program's database: name another file")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"store {where}: a newer cascade wrote it (schema {version}, this one knows {len(MIGRATIONS)}): "
            "run that one, or name another file"
        )
    return version


def migrate(connection: sqlite3.Connection, where: str) -> None:
    """Bring the file up to date: all of it or nothing, whoever else opens it at the same time."""
    if refuse_unknown(connection, where) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have done it while this one waited.
    for statements in MIGRATIONS[refuse_unknown(connection, where) :]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {OURS}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    found: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return found
