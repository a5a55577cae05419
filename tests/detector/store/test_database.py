"""The file: private, checked, written whole or not at all."""

from __future__ import annotations

import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from detector.store.database import Database
from detector.store.errors import StoreError

PUT = "INSERT INTO memory VALUES ('chat', ?, ?)"

KILLED = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA synchronous = FULL")
connection.execute("INSERT INTO memory VALUES ('chat', 'committed', '1')")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
for n in range(500):
    connection.execute("INSERT INTO memory VALUES ('chat', ?, ?)", (str(n), "x" * 500))
print("within", flush=True)
time.sleep(60)
"""


@contextmanager
def no_room(path: Path) -> Iterator[None]:
    """No file of this process can grow beyond what this one and its log have now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = max(path.stat().st_size, path.with_name(f"{path.name}-wal").stat().st_size)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def words(store: Database) -> dict[str, str]:
    return dict(store.read("SELECT key, value FROM memory"))


def test_only_its_owner_can_read_a_new_file_and_what_lies_beside_it(tmp_path: Path) -> None:
    """Whoever shares the machine would read chats and comments."""
    path = tmp_path / "state" / "notify.db"
    with closing(Database(path)):
        files = list(path.parent.iterdir())
        assert {file.name for file in files} == {"notify.db", "notify.db-wal", "notify.db-shm"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_rights_of_a_file_that_is_there_are_left_as_they_are(tmp_path: Path) -> None:
    """A desk that was let read the history would be locked out by a restart."""
    path = tmp_path / "notify.db"
    Database(path).close()
    path.chmod(0o640)
    Database(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_whoever_only_looks_makes_no_file(tmp_path: Path) -> None:
    """A mistyped path would mute nothing, and say that it did."""
    path = tmp_path / "typo.db"
    with pytest.raises(StoreError, match="no such file: the notifier makes it"):
        Database(path, must_exist=True)
    assert not path.exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A traceback would not say which setting is meant."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="name a file in a directory that can be written"):
        Database(tmp_path / "file" / "notify.db")
    with pytest.raises(StoreError, match="unable to open database file"):
        Database(tmp_path)


@pytest.mark.parametrize("what", ["header", "page"])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, what: str) -> None:
    """The notifier would fail in the middle of a crash instead of at its start."""
    path = tmp_path / "notify.db"
    with closing(Database(path)) as store, store.transaction() as connection:
        connection.executemany(PUT, ((str(n), "x" * 200) for n in range(200)))
    content = bytearray(path.read_bytes())
    start = 0 if what == "header" else len(content) // 2
    content[start : start + 8_192] = b"\xa5" * 8_192
    path.write_bytes(content)
    with pytest.raises(StoreError, match="move the file away together with its -wal and -shm and start again"):
        Database(path)


def test_what_fails_within_a_transaction_is_written_not_at_all(tmp_path: Path) -> None:
    """Half of what was decided would be sent after a restart."""
    with closing(Database(tmp_path / "notify.db")) as store:
        with pytest.raises(StoreError, match="UNIQUE constraint failed"), store.transaction() as connection:
            connection.executemany(PUT, [("a", "b"), ("a", "again")])
        assert words(store) == {}
        with store.transaction() as connection:
            connection.execute(PUT, ("c", "d"))
        assert words(store) == {"c": "d"}


def test_a_full_disk_is_told_and_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """A full disk is when people need the history most."""
    path = tmp_path / "notify.db"
    with closing(Database(path)) as store:
        with store.transaction() as connection:
            connection.execute(PUT, ("old", "kept"))
        with no_room(path), pytest.raises(StoreError, match="make room on it"), store.transaction() as connection:
            connection.executemany(PUT, ((str(n), "x" * 1_000) for n in range(400)))
        assert words(store) == {"old": "kept"}
        with store.transaction() as connection:
            connection.execute(PUT, ("new", "room again"))
    with closing(Database(path)) as store:
        assert words(store) == {"old": "kept", "new": "room again"}


def test_a_file_that_somebody_else_writes_for_long_is_told(tmp_path: Path) -> None:
    """The notifier would hang for as long as a forgotten shell holds the file."""
    path = tmp_path / "notify.db"
    with closing(Database(path, patience_s=0.01)) as store, closing(_shell(path)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process is writing it"), store.transaction():
            pass
        assert words(store) == {}, "reading goes on"
        shell.execute("ROLLBACK")
        with store.transaction() as connection:
            connection.execute(PUT, ("a", "b"))


def _shell(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_a_kill_within_a_transaction_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    """After a kill people would be told again, or never."""
    path = tmp_path / "notify.db"
    Database(path).close()
    with subprocess.Popen([sys.executable, "-S", "-c", KILLED, str(path)], stdout=subprocess.PIPE) as writer:  # noqa: S603
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"within\n"
        writer.kill()
    with closing(Database(path)) as store:
        assert words(store) == {"committed": "1"}
        with store.transaction() as connection:
            connection.execute(PUT, ("after", "2"))


def test_a_closed_file_says_so_in_one_line(tmp_path: Path) -> None:
    """A worker that is late would end in a traceback."""
    store = Database(tmp_path / "notify.db")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.read("SELECT 1")
