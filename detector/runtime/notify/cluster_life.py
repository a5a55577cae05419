"""Every few seconds: this notifier says that it lives, and looks whether any detector does."""

from __future__ import annotations

import asyncio
import time

from detector.runtime.cluster.outbox import Outbox
from detector.runtime.notify.kafka_source import KafkaSource
from detector.runtime.notify.notifier import Notifier
from detector.runtime.notify.vigil import Vigil
from producers.errors import ProducerError
from producers.kafka.check import check_cluster
from producers.kafka.settings import KafkaSettings
from schemas.state import Heartbeat
from schemas.topics import TOPICS

EVERY_S = 5.0
LOOK_S = 5.0
CHECK_S = 15.0
"""Between two looks at brokers and topics: heartbeats come as before where the topic of alerts is no more."""


class ClusterLife:
    """Says so until cancelled.

    Parameters
    ----------
    vigil
        None where nobody is to be told of silence: a recording that is over is silent, too.
    """

    def __init__(
        self, settings: KafkaSettings, outbox: Outbox, source: KafkaSource, notifier: Notifier, vigil: Vigil | None
    ) -> None:
        self.trouble = ""
        """What is wrong with Kafka, in words; empty while it answers."""
        self._settings = settings
        self._outbox = outbox
        self._source = source
        self._notifier = notifier
        self._vigil = vigil
        self._checked_s = time.monotonic()
        """By the monotonic clock; whoever starts has just done so."""

    @property
    def unwatched(self) -> bool:
        """Whether people were told that nobody watches."""
        return self._vigil is not None and self._vigil.unwatched

    async def run(self) -> None:
        """At once, and then regularly."""
        while True:
            await self.say()
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Tell people where nobody watches, or somebody does again."""
        if self.trouble or time.monotonic() - self._checked_s >= CHECK_S:
            await self._check()
        if self._vigil is None:
            return
        now_ns = self._notifier.clock.now_ns()
        news = self._vigil.news(now_ns, why=self.trouble)
        if news is not None:
            self._notifier.take(news)
            self._notifier.save()
        # Whoever asks, and every bot that is told by heartbeats, must not take old news for the present.
        is_blind = self.trouble or self._vigil.unwatched
        self._notifier.market = None if is_blind else self._source.market_now(now_ns)

    async def _check(self) -> None:
        self.trouble = ""
        try:
            await check_cluster(self._settings, TOPICS, within_s=LOOK_S)
        except ProducerError as error:
            self.trouble = str(error)
        self._checked_s = time.monotonic()

    async def say(self, *, stopping: bool = False) -> None:
        """One heartbeat."""
        await self._outbox.heartbeat(self.heartbeat(stopping=stopping))

    def heartbeat(self, *, stopping: bool = False) -> Heartbeat:
        """How this notifier does."""
        market, now_ns = self._source.market, time.time_ns()
        failing = [name for name, worker in self._notifier.workers.items() if worker.trouble]
        notes = ["no detector watches"] if self.unwatched else []
        if failing:
            notes.append(f"failing: {', '.join(failing)}")
        return Heartbeat(
            worker=self._outbox.worker,
            role="notifier",
            at_ns=now_ns,
            watermark_ns=market.ts_ns if market is not None else 0,
            lag_s=max(0.0, round((now_ns - market.ts_ns) / 1e9, 3)) if market is not None else None,
            state="stopping" if stopping else "waiting" if self.unwatched or market is None else "running",
            note="; ".join(notes),
        )
