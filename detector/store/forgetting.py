"""Old rows go, a few at a time, so that the notifier is never held up by it."""

from __future__ import annotations

from detector.store.database import Database

KEEP_NS = 90 * 86_400 * 1_000_000_000
"""How long the history and the log are kept, unless somebody says otherwise."""
BATCH = 500

# What a desk tells still is kept, however old.
_OLD_ALERTS = """DELETE FROM alerts WHERE seq IN (
    SELECT seq FROM alerts WHERE ts_ns < ?1
    AND alert_id NOT IN (SELECT alert_id FROM stories) AND alert_id NOT IN (SELECT alert_id FROM shown)
    LIMIT ?2)"""
_OLD_LOG = "DELETE FROM log WHERE seq IN (SELECT seq FROM log WHERE at_ns < ?1 LIMIT ?2)"
_OLD_SILENCES = "DELETE FROM silences WHERE seq IN (SELECT seq FROM silences WHERE until_ns < ?1 LIMIT ?2)"
_UNUSED = """DELETE FROM told
    WHERE NOT EXISTS (SELECT 1 FROM threads WHERE threads.thread_id = told.thread_id)
    AND NOT EXISTS (SELECT 1 FROM log WHERE log.thread_id = told.thread_id)"""


def forget(database: Database, before_ns: int, *, most: int = BATCH) -> int:
    """Delete what is older, at most so many rows of each table; returns how many. Call it again until it is 0."""
    with database.transaction() as connection:
        old = (_OLD_ALERTS, _OLD_LOG, _OLD_SILENCES)
        deleted = sum(connection.execute(statement, (before_ns, most)).rowcount for statement in old)
        if deleted == 0:
            connection.execute(_UNUSED)
    return deleted
