"""The store as the notifier and the commands see it. What lies in which table: docs/store.md."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from detector.alerts.kept import Changes, Kept
from detector.alerts.silences import Silence
from detector.store import forgetting, history, log
from detector.store.database import BUSY_S, Database
from detector.store.desk_state import DeskState, put
from detector.store.log import LogEntry
from detector.store.memory import StoreMemory
from detector.store.silences import Silences
from schemas.alert import Alert


class Store:
    """Everything that must outlive the process. Every method raises `StoreError` for what the file or disk does; what
    was written before that stays. For one thread.

    Parameters
    ----------
    path, must_exist, check, patience_s
        As of `Database`.

    Examples
    --------
    >>> with Store(None) as store:
    ...     store.save(Changes(), Kept(number=7), position=42)
    ...     store.load().number, store.position()
    (7, 42)
    """

    def __init__(
        self, path: Path | None, *, must_exist: bool = False, check: bool = True, patience_s: float = BUSY_S
    ) -> None:
        self._database = Database(path, must_exist=must_exist, check=check, patience_s=patience_s)
        self._desk = DeskState(self._database)
        self._silences = Silences(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # The desk

    def load(self) -> Kept:
        """What the desk remembered when it was saved last."""
        return self._desk.load()

    def position(self) -> int | None:
        """Where the input is to be read on."""
        rows = self._database.read("SELECT value FROM state WHERE key = 'position'")
        return int(rows[0][0]) if rows else None

    def save(self, changes: Changes, kept: Kept, *, position: int | None = None) -> None:
        """Write down what the desk changed, in one transaction. None leaves the position as it is."""
        self._write(changes, kept, None, position)

    def settled(self, entry: LogEntry, changes: Changes, kept: Kept, *, position: int | None = None) -> None:
        """Write down an attempt together with what it meant for the desk."""
        self._write(changes, kept, entry, position)

    def _write(self, changes: Changes, kept: Kept, entry: LogEntry | None, position: int | None) -> None:
        with self._database.transaction() as connection:
            self._desk.write(connection, changes, kept)
            if entry is not None:
                log.append(connection, entry)
            if position is not None:
                put(connection, "position", str(position))
        self._desk.written(kept)

    # The log and the history

    def log(self, entry: LogEntry) -> None:
        """Write down an attempt."""
        with self._database.transaction() as connection:
            log.append(connection, entry)

    def log_of(self, prefix: str) -> list[LogEntry]:
        """What was sent of an alert, an episode, a thread or a message whose id begins so."""
        return log.log_of(self._database, prefix)

    def alert(self, prefix: str) -> list[Alert]:
        """Alerts whose own id, or their episode's, begins so; the newest first, at most 20."""
        return history.find(self._database, prefix)

    def recent(self, limit: int) -> list[Alert]:
        """The newest alerts, the newest first."""
        return history.recent(self._database, limit)

    def forget(self, before_ns: int) -> int:
        """Delete a few hundred rows of the history and the log that are older; how many. 0: nothing is left to do."""
        return forgetting.forget(self._database, before_ns)

    # Silences and words

    def silences(self, now_ns: int) -> tuple[Silence, ...]:
        """Those in force or to come."""
        return self._silences.of(now_ns)

    def add_silence(self, silence: Silence) -> None:
        """Keep one; see `new_silence`."""
        self._silences.add(silence)

    def expire_silence(self, silence_id: str, now_ns: int) -> bool:
        """End it now; False where none of this id is in force or to come."""
        return self._silences.expire(silence_id, now_ns)

    def silences_changed(self) -> bool:
        """Whether there may be others than when this was asked last; costs next to nothing."""
        return self._silences.changed()

    def memory(self, sink: str) -> StoreMemory:
        """What a sink keeps."""
        return StoreMemory(self._database, sink)
