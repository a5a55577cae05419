"""What can go wrong with the file, and what to do about it."""

from __future__ import annotations

import sqlite3

from producers.errors import ProducerError


class StoreError(ProducerError):
    """The store cannot be read or written; the message says what to do."""


def store_error(where: str, error: sqlite3.Error) -> StoreError:
    """What SQLite's complaint means for whoever runs this. https://www.sqlite.org/rescode.html, read 2025-10."""
    # The low byte is the kind; the rest says more than anybody needs here.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    advice = _ADVICE.get(kind, "look at the file and at the disk that it is on")
    return StoreError(f"store {where}: {error}: {advice}")


def damaged(where: str, detail: object) -> StoreError:
    """The file is there, and what it holds cannot be believed."""
    return StoreError(f"store {where}: {detail}: {_DAMAGED}")


_DAMAGED = (
    "move the file away together with its -wal and -shm and start again; what was muted and what was sent is then not "
    "known any more. `sqlite3 FILE .recover` may save its tables"
)
_RIGHTS = "let the user that runs this write the file and its directory, or name another file"
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process is writing it for long: end that one, or wait",
    sqlite3.SQLITE_LOCKED: "another process is writing it for long: end that one, or wait",
    sqlite3.SQLITE_FULL: "the disk is full: make room on it",
    sqlite3.SQLITE_IOERR: "the disk is full or does not work: make room on it, or name a file on another one",
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_AUTH: _RIGHTS,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
