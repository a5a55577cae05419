"""What was decided is written down, and kept while it cannot be."""

from __future__ import annotations

import logging
import time

import pytest

from detector.alerts.desk import Desk
from detector.alerts.routes import Route
from detector.alerts.traits import Traits
from detector.runtime.notify.ledger import WRITE_AGAIN_S, Ledger
from detector.store.errors import StoreError
from detector.store.store import Store
from tests.kit.alerts import T0_NS, episode


def full(*_: object, **__: object) -> None:
    """As a full disk answers."""
    raise StoreError("disk full: make room")


def test_what_could_not_be_written_is_written_later_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A crash fills logs, too; and then each alert would hold everything up, or fill the log once more."""
    moment_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment_s)
    with Store(None) as store, caplog.at_level(logging.ERROR):
        desk = Desk([Route(sinks=("phone",))], {"phone": Traits()})
        ledger = Ledger(store, desk)
        with monkeypatch.context() as patch:
            patch.setattr(store, "save", full)
            for position, alert in enumerate(episode("WARN", "HIGH", resolved=False), 1):
                desk.take(alert, T0_NS)
                ledger.read_up_to(position)
                ledger.save()
        assert (ledger.failures, len(caplog.records)) == (1, 1)
        ledger.save()
        assert store.recent(9) == []
        moment_s += WRITE_AGAIN_S
        ledger.save()
        assert len(store.recent(9)) == 2
        assert store.position() == ledger.position == 2


def test_on_the_way_out_it_is_tried_whatever_happened_just_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent in the last seconds would be sent again."""
    with Store(None) as store:
        desk = Desk([Route(sinks=("phone",))], {"phone": Traits()})
        ledger = Ledger(store, desk)
        (alert,) = episode("WARN", resolved=False)
        desk.take(alert, T0_NS)
        with monkeypatch.context() as patch:
            patch.setattr(store, "save", full)
            ledger.save()
        ledger.save(last=True)
        assert len(store.recent(9)) == 1


def test_where_nothing_changed_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk would be busy four times a second for nothing."""
    with Store(None) as store:
        ledger = Ledger(store, Desk([], {}))
        monkeypatch.setattr(store, "save", full)
        ledger.save()
        assert ledger.failures == 0
