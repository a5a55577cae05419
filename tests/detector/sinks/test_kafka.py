"""The settings of the Kafka sink, and that nobody needs Kafka's client who has none."""

from __future__ import annotations

import sys

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Unknown
from detector.sinks import kafka
from detector.sinks.kafka import KafkaSink, KafkaSinkSettings
from detector.sinks.kafka_records import Records
from producers.kafka.errors import SettingsError
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert
from tests.kit.alerts import an_alert
from tests.kit.sending import FakeHttp, Remembered, a_delivery

HERE, THERE = KafkaSettings(bootstrap_servers="here:9092"), KafkaSettings(bootstrap_servers="there:9092")


def test_the_cluster_is_the_deployments_unless_another_is_named() -> None:
    """Alerts would go to a cluster that nobody meant."""
    assert KafkaSinkSettings().on(HERE).kafka == HERE
    assert KafkaSinkSettings(kafka=THERE).on(HERE).kafka == THERE


async def test_it_is_a_feed_of_every_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bots would see what people are spared, and miss revisions."""
    written = []

    async def write(_: Records, delivery_id: str, alert: Alert) -> Outcome:
        written.append((delivery_id, alert))
        return Unknown("no answer") if len(written) == 1 else Delivered()

    monkeypatch.setattr(Records, "write", write)
    sink = KafkaSink("bus", KafkaSinkSettings(kafka=HERE), http=FakeHttp(), memory=Remembered())
    alert = an_alert()
    assert [await sink.send(a_delivery(alerts=(alert,))) for _ in range(2)] == [Unknown("no answer"), Delivered()]
    assert written == [("d1", alert)] * 2
    assert sink.traits.every_revision
    await sink.close()


def test_without_kafkas_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import error would be all that there is to read."""
    monkeypatch.setattr(kafka, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"pip install 'cascade-detector\[kafka\]'"):
        KafkaSink("bus", KafkaSinkSettings(), http=FakeHttp(), memory=Remembered())


def test_other_sinks_do_not_load_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no Kafka could have no sinks at all."""
    loaded = {name for name in sys.modules if name.split(".")[0] == "aiokafka"}
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    for name in ("detector.sinks.kafka", "detector.sinks.kafka_records", "detector.sinks.registry"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "aiokafka", None)
    __import__("detector.sinks.registry")
