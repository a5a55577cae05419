"""What SQLite's complaints mean."""

from __future__ import annotations

import sqlite3

import pytest

from detector.store.errors import store_error


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (sqlite3.SQLITE_BUSY, "another process"),
        (sqlite3.SQLITE_FULL, "make room"),
        (sqlite3.SQLITE_IOERR_WRITE, "make room"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "let the user that runs this write"),
        (sqlite3.SQLITE_CANTOPEN, "let the user that runs this write"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "move the file away"),
        (sqlite3.SQLITE_NOTADB, "move the file away"),
        (sqlite3.SQLITE_MISUSE, "look at the file"),
    ],
)
def test_every_complaint_says_what_to_do(code: int, advice: str) -> None:
    """Somebody would be woken by `database or disk is full` and not know of which file."""
    complaint = sqlite3.OperationalError("it does not work")
    complaint.sqlite_errorcode = code
    told = str(store_error("/var/notify.db", complaint))
    assert told.startswith("store /var/notify.db: it does not work: ")
    assert advice in told


def test_an_error_without_a_code_is_told_too() -> None:
    """An error about an error would hide both."""
    assert "look at the file" in str(store_error("x", sqlite3.ProgrammingError("closed")))
