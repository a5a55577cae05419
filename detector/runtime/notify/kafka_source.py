"""From the topics of a cluster to a notifier: every alert in its order, where the market stands, who is alive.

No consumer group: what was read is written down beside what was decided, in one step.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from detector.alerts.slim_reading import SlimReading
from detector.runtime.cluster.records import UNREADABLE, Record, record_of
from detector.runtime.notify.notifier import Notifier
from detector.runtime.notify.vigil import Vigil
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert, Transition
from schemas.codec import Output, decode_output
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, READINGS, STATE, Topic

logger = logging.getLogger(__name__)

POLL_MS = 200
MOST_RECORDS = 500
"""At once: what is decided about them is written down in one step."""
PICTURE_S = 15 * 60
"""Pictures show so much; what is older is of no use."""
AGAIN_S = 1.0
AHEAD_NS = 60_000_000_000
"""What is of a second that is further ahead of when it was written has no clock: it would hide all that comes."""
FRESH_NS = 15_000_000_000
"""The market's state is said three times as often: an older one is of a detector that is dead."""
CATCH_UP_S = 60.0
CLOSE_S = 2.0


class KafkaSource:
    """Reads from where the notifier's memory ends: the first time from the oldest alert that is kept, so that stories
    that go on are known. What is old calls nobody.

    Parameters
    ----------
    readings
        Whether any sink shows pictures of them.
    reach
        Told how late it is, before each alert: for a recording's clock.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        notifier: Notifier,
        vigil: Vigil,
        *,
        worker: str,
        readings: bool,
        reach: Callable[[int], None] | None = None,
        consumer: Any = None,
    ) -> None:
        self.alerts = 0
        """Records of alerts that were read, known ones too."""
        self.poisoned = 0
        """Records that nobody could read."""
        self.market: MarketState | None = None
        """The newest that was ever said."""
        self.market_at_ns = 0
        """When it was said last."""
        self.other = ""
        """Another notifier that speaks of the same alerts."""
        self._settings = settings
        self._notifier = notifier
        self._vigil = vigil
        self._worker = worker
        self._topics: Sequence[Topic] = (ALERTS, STATE, READINGS) if readings else (ALERTS, STATE)
        self._reach = reach
        self._consumer = consumer
        self._names = {settings.topic(topic): topic for topic in self._topics}
        self._reading_ns = 0
        """Of the newest reading."""
        self._readings_end = 0
        self._next = notifier.position
        self._began_ms = time.time_ns() // 1_000_000

    async def start(self) -> None:
        """Find the places to read from; raises `KafkaError` where the brokers are away."""
        if self._consumer is None:
            # `earliest`: with another default the reset that `assign` starts may win over the seek.
            self._consumer = AIOKafkaConsumer(
                **self._settings.client(), enable_auto_commit=False, auto_offset_reset="earliest"
            )
        await self._consumer.start()
        places = {topic: TopicPartition(self._settings.topic(topic), 0) for topic in self._topics}
        first = await self._consumer.beginning_offsets(list(places.values()))
        end = await self._consumer.end_offsets(list(places.values()))
        starts = {place: first[place] for place in places.values()}
        starts[places[ALERTS]] = self._start_of_alerts(first[places[ALERTS]], end[places[ALERTS]])
        if READINGS in places:
            place = places[READINGS]
            found = await self._consumer.offsets_for_times({place: self._began_ms - PICTURE_S * 1000})
            starts[place] = found[place].offset if found[place] is not None else end[place]
            self._readings_end = end[place]
        self._consumer.assign(list(places.values()))
        for place, offset in starts.items():
            self._consumer.seek(place, offset)

    async def catch_up(self, within_s: float = CATCH_UP_S) -> None:
        """Take what is there already: nobody is told of a story whose end has been written, too."""
        places = list(self._consumer.assignment())
        end = await self._consumer.end_offsets(places)
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while any([await self._consumer.position(place) < end[place] for place in places]):
                    await self.read()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self.read()

    async def read_one(self) -> bool:
        """Take one record of those that are told, or of the market's state; whether there was any."""
        return await self.read(1, (ALERTS, STATE))

    async def read_readings(self, until_ns: int) -> None:
        """Take those up to this second, as far as they are there: pictures of what is told next show them."""
        if READINGS not in self._topics:
            return
        place = TopicPartition(self._settings.topic(READINGS), 0)
        while self._reading_ns < until_ns:
            # The first fetch says where the end is now.
            end = max(self._readings_end, self._consumer.highwater(place) or 0)
            if await self._consumer.position(place) >= end or not await self.read(MOST_RECORDS, (READINGS,)):
                return

    async def read(self, most: int = MOST_RECORDS, topics: Sequence[Topic] = ()) -> bool:
        """Take one batch, of these topics where any are named, and have it written down; whether there was any."""
        places = [TopicPartition(self._settings.topic(topic), 0) for topic in topics]
        try:
            batches = await self._consumer.getmany(*places, timeout_ms=POLL_MS, max_records=most)
        except KafkaError as error:
            logger.warning("Kafka gives no records, trying again: %s", error)
            await asyncio.sleep(AGAIN_S)
            return False
        # Where things stand is known before it is told what happened.
        for place in sorted(batches, key=lambda place: self._names[place.topic] is ALERTS):
            for message in batches[place]:
                self._take(record_of(message), message.timestamp)
        if batches:
            self._notifier.save()
        return bool(batches)

    def market_now(self, now_ns: int) -> MarketState | None:
        """Where the market stands, if somebody said so lately."""
        return self.market if now_ns - self.market_at_ns <= FRESH_NS else None

    @property
    def caught_up(self) -> bool:
        """Whether there was no other alert when a broker was asked last."""
        end = self._consumer.highwater(TopicPartition(self._settings.topic(ALERTS), 0))
        return end is None or (self._next or 0) >= end

    async def close(self) -> None:
        """Let go of the brokers, whether or not they are there."""
        if self._consumer is None:
            return
        stopping = asyncio.ensure_future(self._consumer.stop())
        await asyncio.wait((stopping,), timeout=CLOSE_S)
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)

    def _start_of_alerts(self, first: int, end: int) -> int:
        position = self._next
        if position is None:
            logger.info("first start: reading all %d alerts that are kept; what is old calls nobody", end - first)
            return first
        if position > end:
            logger.warning("the alerts' topic ends at %d, before our %d: it was made anew; reading all", end, position)
            self._next = None
            return first
        return max(first, position)  # where that leaves something out, the first record tells

    def _take(self, record: Record, at_ms: int) -> None:
        of_alerts = self._names[record.topic] is ALERTS
        if of_alerts:
            self._look_for_holes(record.offset)
        # Without a value: a key that was deleted.
        message = self._decoded(record) if record.value is not None else None
        if message is not None and isinstance(message, Alert) != of_alerts:
            self._poisoned(record, f"{type(message).__name__} does not belong there")
        elif isinstance(message, Alert):
            self.alerts += 1
            if self._reach is not None:
                self._reach(message.ts_ns)
            self._notifier.take(message, record.offset + 1)
        elif message is not None:
            self._take_other(message, at_ms * 1_000_000)
        if of_alerts:
            self._notifier.read_up_to(record.offset + 1)

    def _decoded(self, record: Record) -> Output | SlimReading | None:
        try:
            if self._names[record.topic] is READINGS:
                return msgspec.json.decode(record.value or b"", type=SlimReading)
            return decode_output(record.value or b"")
        except UNREADABLE as error:
            self._poisoned(record, str(error))
            return None

    def _take_other(self, message: Output | SlimReading, at_ns: int) -> None:
        now_ns = self._notifier.clock.now_ns()
        if not isinstance(message, Heartbeat) and message.ts_ns > at_ns + AHEAD_NS:
            return
        if isinstance(message, MarketState):
            if self.market is None or message.ts_ns >= self.market.ts_ns:
                self.market, self.market_at_ns = message, min(at_ns, now_ns)
        elif isinstance(message, Transition):
            self._notifier.take_transition(message)
        elif isinstance(message, SlimReading):
            self._reading_ns = max(self._reading_ns, message.ts_ns)
            self._notifier.take_reading(message)
        elif isinstance(message, Heartbeat):
            self._vigil.take(message, at_ns, now_ns)
            if message.role == "notifier" and message.worker != self._worker:
                self._meet(message, at_ns // 1_000_000)

    def _meet(self, other: Heartbeat, at_ms: int) -> None:
        """A heartbeat of another notifier that was written in our time."""
        if at_ms > self._began_ms and other.state != "stopping" and not self.other:
            self.other = other.worker
            logger.warning("another notifier is at work, %s: what both have routes for is told twice", other.worker)

    def _look_for_holes(self, offset: int) -> None:
        if self._next is not None and offset > self._next:
            logger.warning(
                "%d alerts were deleted before they were read, offsets %d to %d",
                offset - self._next, self._next, offset - 1,
            )  # fmt: skip
        elif self._next is not None and offset < self._next:
            logger.warning("the alerts' topic begins again at %d: it was made anew", offset)
        self._next = offset + 1

    def _poisoned(self, record: Record, why: str) -> None:
        self.poisoned += 1
        logger.warning("%s offset %d cannot be read and is left out: %s", record.topic, record.offset, why[:200])
