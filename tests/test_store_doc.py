"""The questions of docs/store.md, asked of a store."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from detector.alerts.desk import Desk
from detector.alerts.routes import Route
from detector.alerts.traits import Traits
from detector.store.log import LogEntry
from detector.store.store import Store
from tests.kit.alerts import T0_NS, episode

DOCUMENT = Path(__file__).parents[1] / "docs" / "store.md"


def test_the_questions_of_the_document_have_answers(tmp_path: Path) -> None:
    """A risk desk would paste a query, and read an error about a column."""
    path = tmp_path / "notify.db"
    with Store(path) as store:
        desk = Desk([Route(sinks=("chat",))], {"chat": Traits(edits=True)})
        for alert in episode("WARN", "HIGH", episode_id="01450af72c3a31f6"):
            desk.take(alert, alert.ts_ns)
        (thread,) = desk.kept.threads.values()
        entry = LogEntry(
            at_ns=T0_NS,
            sink="chat",
            thread_id=thread.thread_id,
            message_id="m",
            delivery_id="d",
            act="new",
            revision=1,
            level="WARN",
            outcome="retry",
            reason="429",
        )
        store.settled(entry, desk.take_changes(), desk.kept)
    queries = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    with closing(sqlite3.connect(path)) as shell:
        alerts, messages, failures = (shell.execute(query).fetchall() for query in queries)
    assert alerts == [("2025-10-10 20:50:30", "market", "HIGH", 3, "01450af72c3a31f6")]
    assert messages == [("2025-10-10 20:50:00", "chat", "new", "WARN", "retry", "429")]
    assert failures == [("chat", "retry", "429", 1, "2025-10-10 20:50:00")]


def test_every_table_is_in_the_document() -> None:
    """A table that nobody explains would be guessed at."""
    with Store(None) as store:
        tables = [name for (name,) in store._database.read("SELECT name FROM sqlite_master WHERE type = 'table'")]
    document = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in tables if f"`{name}`" not in document] == []
