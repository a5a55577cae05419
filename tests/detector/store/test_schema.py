"""Files of other versions and of other programs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from detector.store import schema
from detector.store.errors import StoreError
from detector.store.store import Store


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """An older program after a rollback would write rows that the newer one cannot read."""
    path = tmp_path / "notify.db"
    Store(path).close()
    changed(path, "PRAGMA user_version = 99", "CREATE TABLE later (x)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"a newer cascade wrote it \(schema 99, this one knows 1\): run that one"):
        Store(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A mistyped path would put our tables beside somebody's own."""
    path = tmp_path / "tradesv3.sqlite"
    changed(path, "CREATE TABLE trades (id)")
    with pytest.raises(StoreError, match="another program's database"):
        Store(path)


def test_an_older_schema_is_brought_up_to_date_and_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update would lose what is muted."""
    path = tmp_path / "notify.db"
    with Store(path) as store:
        store.memory("chat").set("id", "-100")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("ALTER TABLE memory ADD COLUMN note TEXT",)))
    with Store(path) as store:
        assert store.memory("chat").get("id") == "-100"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT key, note FROM memory").fetchall() == [("id", None)]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file between two schemas can be read by no version."""
    path = tmp_path / "notify.db"
    Store(path).close()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE half (x)", "CREATE TABLE half (x)")))
        with pytest.raises(StoreError, match="already exists"):
            Store(path)
    with Store(path) as store:
        assert store.position() is None
    with closing(sqlite3.connect(path)) as connection:
        assert not connection.execute("SELECT * FROM sqlite_master WHERE name = 'half'").fetchall()
