"""Kafka: every revision of every alert to the alerts topic, as the workers of a cluster write it."""

from __future__ import annotations

import os
from importlib.util import find_spec

from msgspec.structs import replace

from detector.alerts.outcomes import Delivered, Outcome
from detector.alerts.traits import Traits
from detector.sinks.http import Http
from detector.sinks.settings import SinkSettings
from detector.sinks.sink import Delivery, Memory
from producers.kafka.errors import SettingsError
from producers.kafka.settings import KafkaSettings, load_settings

RECORDS_A_SECOND = 1000
SEND_S = 45.0
"""Beyond what looking, connecting and waiting for an answer may take: what is said of a send is what is known."""


class KafkaSinkSettings(SinkSettings, frozen=True, kw_only=True, tag="kafka"):
    """Where alerts go. What is not set is that of the table `[kafka]` and of the environment."""

    topic: str = ""
    """Its whole name; empty for the alerts topic of the deployment."""
    kafka: KafkaSettings | None = None
    """Another cluster: the same keys as in `[kafka]`."""

    def on(self, kafka: KafkaSettings) -> KafkaSinkSettings:
        """With this cluster, unless another one is named."""
        return self if self.kafka is not None else replace(self, kafka=kafka)


class KafkaSink:
    """Connects at the first alert, and again whenever it has to; one record at a time, so that their order holds."""

    def __init__(self, name: str, settings: KafkaSinkSettings, *, http: Http, memory: Memory) -> None:
        if find_spec("aiokafka") is None:
            raise SettingsError(
                f"[sinks.{name}] needs Kafka's client, which is not installed: pip install 'cascade-detector[kafka]'"
            )
        # Whoever has no such sink need not have Kafka's client.
        from detector.sinks.kafka_records import Records  # noqa: PLC0415

        kafka = settings.kafka or load_settings(environ=os.environ)
        self._records = Records(kafka, settings.topic, worker=name)

    @property
    def traits(self) -> Traits:
        """A feed."""
        return Traits(every_revision=True, idempotent=True, paces=((RECORDS_A_SECOND, 1.0),), send_s=SEND_S)

    async def send(self, delivery: Delivery) -> Outcome:
        """Write it, and return when the brokers have it or say why not."""
        outcome: Outcome = Delivered()
        for alert in delivery.alerts:
            outcome = await self._records.write(delivery.delivery_id, alert)
        return outcome

    async def close(self) -> None:
        """Let go of the brokers."""
        await self._records.close()
