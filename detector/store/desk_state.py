"""What a desk remembers, as rows: after a restart it goes on where it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from detector.alerts.kept import Changes, Kept, Story
from detector.alerts.threads import Thread
from detector.store import history
from detector.store.database import Database
from detector.store.errors import damaged

_thread = msgspec.json.Decoder(Thread)


class DeskState:
    """Writes what has changed. Stories and alerts that the desk forgot without saying so are found by comparison."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stories = {row[0] for row in database.read("SELECT episode_id FROM stories")}
        self._shown = {row[0] for row in database.read("SELECT alert_id FROM shown")}

    def load(self) -> Kept:
        """Everything, as it was written last."""
        read, where = self._database.read, self._database.where
        stories = read("SELECT alerts.alert, fed FROM stories JOIN alerts USING (alert_id) ORDER BY stories.seq")
        shown = read("SELECT alerts.alert FROM shown JOIN alerts USING (alert_id) ORDER BY shown.seq")
        state = dict(read("SELECT key, value FROM state"))
        kept = Kept(number=int(state.get("number", 0)))
        try:
            threads = [_thread.decode(text) for (text,) in read("SELECT thread FROM threads ORDER BY seq")]
        except msgspec.MsgspecError as error:
            raise damaged(where, error) from error
        kept.threads = {thread.thread_id: thread for thread in threads}
        for text, fed in stories:
            alert = history.read_alert(text, where)
            kept.stories[alert.episode_id] = Story(alert=alert, fed=tuple(fed.split()))
        for (text,) in shown:
            alert = history.read_alert(text, where)
            kept.shown[alert.alert_id] = alert
        return kept

    def write(self, connection: sqlite3.Connection, changes: Changes, kept: Kept) -> None:
        """Write the changes into a transaction; `written` follows when it has succeeded."""
        for alert in changes.alerts:
            history.append(connection, alert)
        self._write_stories(connection, changes, kept)
        self._write_shown(connection, kept)
        _write_threads(connection, (kept.threads[name] for name in changes.threads if name in kept.threads))
        gone = ((name,) for name in changes.gone if name not in kept.threads)
        connection.executemany("DELETE FROM threads WHERE thread_id = ?", gone)
        put(connection, "number", str(kept.number))

    def written(self, kept: Kept) -> None:
        """The transaction has succeeded."""
        self._stories, self._shown = set(kept.stories), set(kept.shown)

    def _write_stories(self, connection: sqlite3.Connection, changes: Changes, kept: Kept) -> None:
        # In the desk's order, which is the order in which they are offered to people after a restart too.
        for episode_id, story in kept.stories.items():
            if episode_id in changes.stories or episode_id not in self._stories:
                history.append(connection, story.alert)
                connection.execute(
                    "INSERT INTO stories (episode_id, alert_id, fed) VALUES (?,?,?) ON CONFLICT (episode_id)"
                    " DO UPDATE SET alert_id = excluded.alert_id, fed = excluded.fed",
                    (episode_id, story.alert.alert_id, " ".join(story.fed)),
                )
        gone = ((episode_id,) for episode_id in self._stories - kept.stories.keys())
        connection.executemany("DELETE FROM stories WHERE episode_id = ?", gone)

    def _write_shown(self, connection: sqlite3.Connection, kept: Kept) -> None:
        for alert_id, alert in kept.shown.items():
            if alert_id not in self._shown:
                history.append(connection, alert)
                connection.execute("INSERT OR IGNORE INTO shown (alert_id) VALUES (?)", (alert_id,))
        gone = ((alert_id,) for alert_id in self._shown - kept.shown.keys())
        connection.executemany("DELETE FROM shown WHERE alert_id = ?", gone)


def _write_threads(connection: sqlite3.Connection, threads: Iterable[Thread]) -> None:
    for thread in sorted(threads, key=lambda thread: thread.number):
        connection.execute(
            "INSERT INTO threads (thread_id, sink, revision, sent_revision, fate, thread) VALUES (?,?,?,?,?,?)"
            " ON CONFLICT (thread_id) DO UPDATE SET revision = excluded.revision,"
            " sent_revision = excluded.sent_revision, fate = excluded.fate, thread = excluded.thread",
            (
                thread.thread_id,
                thread.sink,
                thread.revision,
                thread.sent_revision,
                thread.fate,
                msgspec.json.encode(thread).decode(),
            ),
        )
        told = ((episode_id, thread.thread_id) for episode_id in thread.members)
        connection.executemany("INSERT OR IGNORE INTO told (episode_id, thread_id) VALUES (?,?)", told)


def put(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a value by its name."""
    connection.execute(
        "INSERT INTO state (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        " WHERE value <> excluded.value",
        (key, value),
    )
