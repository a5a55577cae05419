"""The line that a notifier writes about itself: whoever reads it knows where to look."""

from __future__ import annotations

import time

from detector.alerts.routes import Route
from detector.commands.notify_line import status_line
from detector.runtime.notify.clocks import WallClock
from detector.runtime.notify.cluster_life import ClusterLife
from detector.runtime.notify.kafka_source import KafkaSource
from detector.runtime.notify.notifier import Notifier
from detector.runtime.notify.vigil import Vigil
from detector.store.store import Store
from schemas.state import MarketState
from tests.kit.channels import RememberingSink
from tests.kit.cluster import SETTINGS, FakeLog, FakeOutbox, as_outbox

NS = 1_000_000_000


def parts() -> tuple[KafkaSource, Notifier, Vigil, ClusterLife]:
    notifier = Notifier(
        routes=[Route(sinks=("phone",))], sinks={"phone": RememberingSink()}, store=Store(None), clock=WallClock()
    )
    vigil = Vigil(began_ns=0)
    source = KafkaSource(SETTINGS, notifier, vigil, worker="me", readings=False)
    return source, notifier, vigil, ClusterLife(SETTINGS, as_outbox(FakeOutbox(FakeLog())), source, notifier, vigil)


def test_a_notifier_without_troubles_is_told_in_a_few_words() -> None:
    """Zeros in every line hide what matters."""
    source, notifier, _, life = parts()
    assert status_line(source, notifier, life) == "0 alerts read; 0 messages, 0 edits; 0 waiting"


def test_everything_that_somebody_must_look_at_is_named() -> None:
    """A channel that fails, or a market that nobody watches, would be found out in the next crash."""
    source, notifier, vigil, life = parts()
    source.alerts, source.poisoned, notifier.ledger.failures = 12, 2, 3
    source.market = MarketState(ts_ns=time.time_ns(), level="HIGH", stages=(), direction="down", since_ns=None)
    phone = notifier.workers["phone"]
    phone.counts.update(new=3, edit=9, retryat=1, unknown=1)
    phone.trouble = "no answer within 15 s"
    assert vigil.news(100 * NS) is not None
    life.trouble = "missing topic cascade.alerts.v1"
    line = status_line(source, notifier, life)
    assert line.startswith("12 alerts read; market HIGH at ")
    for words in (
        " UTC, 0.0 s ago",
        "NOBODY WATCHES; CANNOT READ: missing topic cascade.alerts.v1",
        "3 messages, 9 edits",
        "2 attempts failed",
        "phone: no answer within 15 s",
        "2 unreadable records left out",
        "the store failed 3 times",
    ):
        assert words in line
