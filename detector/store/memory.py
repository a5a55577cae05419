"""A few words that a sink keeps beyond a restart."""

from __future__ import annotations

from detector.store.database import Database


class StoreMemory:
    """`detector.sinks.sink.Memory` of one sink. What cannot be written holds until the process ends all the same."""

    def __init__(self, database: Database, sink: str) -> None:
        self._database = database
        self._sink = sink
        self._words: dict[str, str] = dict(database.read("SELECT key, value FROM memory WHERE sink = ?", sink))

    def get(self, key: str) -> str | None:
        """What was set last."""
        return self._words.get(key)

    def set(self, key: str, value: str) -> None:
        """Keep it."""
        self._words[key] = value
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO memory (sink, key, value) VALUES (?,?,?)"
                " ON CONFLICT (sink, key) DO UPDATE SET value = excluded.value",
                (self._sink, key, value),
            )
