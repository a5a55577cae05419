"""What is written together stands together."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.alerts.kept import Changes, Kept
from detector.store.errors import StoreError
from detector.store.log import LogEntry
from detector.store.store import Store
from tests.kit.alerts import T0_NS, an_alert

ENTRY = LogEntry(
    at_ns=T0_NS,
    sink="chat",
    thread_id="t",
    message_id="m",
    delivery_id="d",
    act="new",
    revision=1,
    level="WARN",
    outcome="delivered",
)


def test_an_attempt_and_what_it_meant_are_written_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that says `delivered` beside a thread that says it waits would send it twice."""
    with Store(None) as store:
        with monkeypatch.context() as patch:
            patch.setattr("detector.store.log.append", _fails)
            with pytest.raises(StoreError):
                store.settled(ENTRY, Changes(alerts=[an_alert()]), Kept(number=3), position=9)
        assert (store.load().number, store.position(), store.recent(1), store.log_of("t")) == (0, None, [], [])
        store.settled(ENTRY, Changes(alerts=[an_alert()]), Kept(number=3), position=9)
        assert (store.load().number, store.position()) == (3, 9)
        assert (store.recent(1), store.log_of("t")) == ([an_alert()], [ENTRY])


def _fails(*_: object) -> None:
    raise StoreError("the disk is full")


def test_a_position_stays_until_another_is_given() -> None:
    """A send would make the input be read from its beginning."""
    with Store(None) as store:
        store.save(Changes(), Kept(), position=0)
        assert store.position() == 0
        store.save(Changes(), Kept(), position=17)
        store.settled(ENTRY, Changes(), Kept())
        assert store.position() == 17


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay would leave files wherever it is started."""
    monkeypatch.chdir(tmp_path)
    with Store(None) as store:
        store.save(Changes(alerts=[an_alert()]), Kept())
    assert list(tmp_path.iterdir()) == []
