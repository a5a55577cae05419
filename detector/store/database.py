"""One SQLite file, opened with care: private, checked, of our schema; its errors say what to do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from detector.store.errors import StoreError, damaged, store_error
from detector.store.schema import migrate, refuse_unknown

BUSY_S = 5.0
"""How long another process may hold the file, while it is opened at least."""


class Database:
    """For one thread of one process; other processes may open the same file.

    Parameters
    ----------
    path
        None keeps everything in memory.
    must_exist
        A file that is not there is an error: whoever only looks must not make one.
    check
        Read the whole file first, so that damage is known before anything relies on it.
    patience_s
        How long another process may hold the file, once it is open, before that is an error.
    """

    def __init__(
        self, path: Path | None, *, must_exist: bool = False, check: bool = True, patience_s: float = BUSY_S
    ) -> None:
        self.where = ":memory:" if path is None else str(path)
        if path is not None:
            _prepare(path, must_exist=must_exist)
        with self._explained():
            # Without an isolation level the driver begins no transaction by itself.
            self._connection = sqlite3.connect(self.where, timeout=BUSY_S, isolation_level=None)
        try:
            with self._explained():
                self._open(check=check)
                self._connection.execute(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
        except BaseException:
            self.close()
            raise

    def _open(self, *, check: bool) -> None:
        connection = self._connection
        refuse_unknown(connection, self.where)
        if check:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise damaged(self.where, found)
        # Only where it is not so already: the change needs the file for itself.
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
            connection.execute("PRAGMA journal_mode = WAL")
        # A kill would lose nothing with NORMAL either; a power cut would, and what was sent would be sent again.
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, self.where)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written within, or nothing of it."""
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite itself has rolled back after some failures, such as a full disk.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def read(self, sql: str, *values: object) -> list[Any]:
        """All rows of a query."""
        with self._explained():
            return self._connection.execute(sql, values).fetchall()

    def changed_elsewhere(self) -> int:
        """A number that is another one after another process has written."""
        return int(self.read("PRAGMA data_version")[0][0])

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):
            self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise store_error(self.where, error) from error


def _prepare(path: Path, *, must_exist: bool) -> None:
    """Make an empty file that only its owner can read: chats and what was muted in them are nobody else's business."""
    try:
        if must_exist:
            if not path.is_file():
                raise StoreError(f"store {path}: no such file: the notifier makes it; name the one that it writes")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        # The rights of one that is there are as somebody wanted them. Nor is it opened: that would drop SQLite's locks.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"store {path}: {error.strerror}: name a file in a directory that can be written") from error
