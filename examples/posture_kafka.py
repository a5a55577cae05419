"""Postures from Kafka, for `posture_guard.py`: follows alerts and who is watching in a thread.

Needs aiokafka[zstd], nothing of this project: copy it.
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

logger = logging.getLogger("posture_kafka")

ALERTS, STATE = "cascade.alerts.v1", "cascade.state.v1"
AGAIN_S = 1.0
"""Between two attempts to read."""
FORGET_S = 86_400.0
"""A story of which nothing more was said for so long: its detector was replaced by one that does not know it."""
EPISODES = 10_000
"""So many are remembered, to know a revision that comes twice."""
PRESENT_S = 60.0
"""A judgement of a second that is further from when it was written is none: it is of the past, or of no clock."""
STRICTEST = "no_market_orders"
OF_LEVEL = {
    "CLEAR": "normal",
    "WATCH": "normal",
    "WARN": "reduce",
    "HIGH": "reduce",
    "CRITICAL": "halt_new",
    "EMERGENCY": "halt_new",
}
"""What a level says where nobody said what to do."""


class Story(NamedTuple):
    """The newest revision of an episode that is not over."""

    scope: str
    posture: str
    ts_ns: int
    at_s: float


class Book:
    """What the two topics say. Moments are seconds, by the broker's clock and by ours: they must agree.

    Parameters
    ----------
    recorded
        A recording is played: its seconds are of the past.
    """

    def __init__(self, clock: Callable[[], float] = time.time, *, recorded: bool = False) -> None:
        self._clock, self._lock, self._recorded = clock, threading.Lock(), recorded
        self._signs = dict.fromkeys(("heartbeat", "judgement", "reading"), 0.0)
        self._judged_ns, self._level = 0, "CLEAR"
        self._revisions: dict[str, int] = {}
        self._open: dict[str, Story] = {}

    def take_alert(self, alert: dict[str, Any], at_s: float) -> None:
        """A record of the alerts topic, written at `at_s`; the same twice, or a late one, changes nothing."""
        # All of it is read before anything is changed: half an alert must not lift what holds.
        episode, scope, posture, status = (str(alert[name]) for name in ("episode_id", "scope", "posture", "status"))
        revision, since_ns = int(alert["revision"]), int(alert["since_ns"])
        story = Story(scope, posture, int(alert["ts_ns"]), at_s)
        with self._lock:
            if revision <= self._revisions.get(episode, -1):
                return
            if episode not in self._revisions:
                # A scope has one story at a time: where another begins, the end of the one before was not said.
                self._open = {n: old for n, old in self._open.items() if old.scope != scope or old.ts_ns >= since_ns}
            self._revisions.pop(episode, None)
            self._revisions[episode] = revision
            self._open.pop(episode, None)
            if status != "resolved":
                self._open[episode] = story
            if len(self._revisions) > EPISODES:
                del self._revisions[next(name for name in self._revisions if name not in self._open)]

    def take_state(self, message: dict[str, Any], at_s: float) -> None:
        """A record of the state topic, written at `at_s`."""
        kind = message["kind"]
        if kind == "heartbeat" and message["role"] == "detector" and message["state"] == "running":
            self.hear("heartbeat", at_s)
        elif kind == "market_state" and not message.get("missing_partitions"):
            judged_ns, level = int(message["ts_ns"]), str(message["level"])
            ago_s = at_s - judged_ns / 1e9
            # What is said again while its second stands still is no judgement, nor is one that leaves assets out.
            if judged_ns <= self._judged_ns or ago_s < -PRESENT_S:
                return
            with self._lock:
                self._judged_ns, self._level = judged_ns, level
            if self._recorded or ago_s < PRESENT_S:
                self.hear("judgement", at_s)

    def hear(self, sign: str, at_s: float) -> None:
        """Somebody watched at that moment."""
        with self._lock:
            # With a broker whose clock is ahead silence would begin later.
            self._signs[sign] = min(at_s, self._clock())

    def view(self) -> tuple[dict[str, float], list[tuple[str, str]]]:
        """When each sign was last heard, and posture by scope."""
        with self._lock:
            oldest_s = self._clock() - FORGET_S
            # They are left out and not thrown away: a clock that jumps ahead comes back.
            found = [(story.scope, story.posture) for story in self._open.values() if story.at_s > oldest_s]
            by_level = OF_LEVEL.get(self._level, STRICTEST)
            if by_level != "normal" and not any(scope == "market" for scope, _ in found):
                # Its alert may be older than what the topic keeps; the level is said again and again.
                found.append(("market", by_level))
            return dict(self._signs), found


class KafkaSource:
    """Reads both topics in a thread, alerts from the beginning: what was said before we came may still hold."""

    def __init__(self, servers: str, prefix: str = "", *, recorded: bool = False) -> None:
        self._servers, self._prefix, self._book = servers, prefix, Book(recorded=recorded)
        self.view = self._book.view
        self._stopped, self._has_warned = threading.Event(), False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="posture", daemon=True)

    def start(self) -> Self:
        """Begin to read."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End."""
        self._stopped.set()
        self._thread.join()

    async def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                await self._read()
            except Exception as error:  # noqa: BLE001 - the thread must not end, and as long as it cannot read we are blind
                logger.warning("cannot read from Kafka at %s, and tries again: %r", self._servers, error)
                await asyncio.to_thread(self._stopped.wait, AGAIN_S)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._servers, auto_offset_reset="earliest")
        try:
            await consumer.start()
            alerts, state = (TopicPartition(self._prefix + topic, 0) for topic in (ALERTS, STATE))
            if missing := {alerts.topic, state.topic} - await consumer.topics():
                raise LookupError(f"missing {', '.join(sorted(missing))}: run cascade topics create")
            consumer.assign([alerts, state])
            await consumer.seek_to_beginning(alerts, state)
            while not self._stopped.is_set():
                # Heartbeats may arrive while alerts do not: that they were read to their end is a sign of its own.
                asked_s, end = time.time(), (await consumer.end_offsets([alerts]))[alerts]
                for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                    for record in records:
                        if record.value is not None:
                            self._take(record, is_alert=partition == alerts)
                if await consumer.position(alerts) >= end:
                    self._book.hear("reading", asked_s)
        finally:
            await consumer.stop()

    def _take(self, record: Any, *, is_alert: bool) -> None:
        """One record that nobody can read must not keep all others from us."""
        try:
            take = self._book.take_alert if is_alert else self._book.take_state
            take(json.loads(record.value), record.timestamp / 1000)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it
            if not self._has_warned:
                where = f"{record.topic} offset {record.offset}"
                logger.warning("%s cannot be read and is left out, as will be others: %r", where, error)
            self._has_warned = True
