"""From alerts to messages: a desk that decides, a store that remembers, a worker for each sink.

What was decided is written down before it is sent, and what became of it afterwards: after a kill in between the same
message is sent again, under the same id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

from msgspec.structs import replace

from detector.alerts.desk import Desk
from detector.alerts.lost_sight import lost
from detector.alerts.match import is_of_sink, rank
from detector.alerts.message import Message
from detector.alerts.outcomes import Rejected, RetryAt
from detector.alerts.routes import Route
from detector.alerts.slim_reading import SlimReading
from detector.alerts.steps import Step, settle
from detector.alerts.telling import tell
from detector.alerts.threads import Thread
from detector.composing import digest
from detector.runtime.notify.chat_desk import ChatDesk
from detector.runtime.notify.clocks import Clock
from detector.runtime.notify.ledger import Ledger
from detector.runtime.notify.pause import Pause
from detector.runtime.notify.sink_trouble import SinkTroubles
from detector.runtime.notify.worker import Sent, Worker
from detector.sinks.sink import Beating, Chatting, Delivery, Sink
from detector.store.errors import StoreError
from detector.store.forgetting import KEEP_NS
from detector.store.log import LogEntry
from detector.store.store import Store
from schemas.alert import LEVELS, Alert, Transition
from schemas.reading import Reading
from schemas.state import MarketState

logger = logging.getLogger(__name__)

TICK_S = 0.25
FORGET_EVERY_S = 3600.0
AGAIN_S = 10.0


Seen = TypeVar("Seen")


class Pictures(Protocol):
    """Draws what alerts are about."""

    def take_reading(self, reading: Reading | SlimReading) -> None:
        """A second of the market."""

    def take_transition(self, transition: Transition) -> None:
        """A condition that began, changed or cleared."""

    async def draw(self, alerts: tuple[Alert, ...], now_ns: int) -> bytes | None:
        """A PNG; None where there is nothing to show."""


class Notifier:
    """Give it alerts; it tells people once.

    Parameters
    ----------
    polite
        See `Worker`; needed where `clock` is a recording's and channels are real.
    """

    def __init__(
        self,
        *,
        routes: Sequence[Route],
        sinks: Mapping[str, Sink],
        store: Store,
        clock: Clock,
        expires_s: float = 900.0,
        pictures: Pictures | None = None,
        polite: bool = False,
    ) -> None:
        self.store = store
        self.clock = clock
        self.sinks = sinks
        self.market: MarketState | None = None
        traits = {name: sink.traits for name, sink in sinks.items()}
        self.desk = Desk(routes, traits, kept=store.load(), expires_s=expires_s)
        self.desk.silences = store.silences(clock.now_ns())
        self.workers = {name: Worker(name, sink, self, clock, polite=polite) for name, sink in sinks.items()}
        self.ledger = Ledger(store, self.desk)
        self._pictures = pictures
        self._tried_before: dict[str, bool] = {}
        self._troubles = SinkTroubles(story.alert for story in self.desk.kept.stories.values())
        self._blind = False
        for notice in self._troubles.of_others(sinks, clock.now_ns()):
            self.take(notice)

    # In

    def take(self, alert: Alert, position: int | None = None) -> None:
        """Take a revision; `position` is where to read on after it."""
        if self.desk.take(alert, self.clock.now_ns()):
            for worker in self.workers.values():
                worker.woken.set()
        self.read_up_to(position)

    def read_up_to(self, position: int | None) -> None:
        """Everything before this position of the input is taken, or was nothing for us."""
        self.ledger.read_up_to(position)

    def begin_anew(self) -> None:
        """The detector that told of the stories that go on is no more, and another will not go on with them: people
        are told that nobody follows them.
        """
        now_ns = self.clock.now_ns()
        for story in list(self.desk.kept.stories.values()):
            if story.alert.status != "resolved" and not is_of_sink(story.alert):
                self.take(lost(story.alert, now_ns))

    @property
    def position(self) -> int | None:
        """Where the input is to be read on."""
        return self.ledger.position

    def save(self) -> None:
        """Write down what was decided."""
        self.ledger.save()

    def take_state(self, state: MarketState) -> None:
        """Where the market stands, for whoever asks."""
        self.market = state

    def take_transition(self, transition: Transition) -> None:
        """A condition that began, changed or cleared."""
        if self._pictures is not None:
            self._see(self._pictures.take_transition, transition)

    def take_reading(self, reading: Reading | SlimReading) -> None:
        """A second of the market."""
        if self._pictures is not None:
            self._see(self._pictures.take_reading, reading)

    def _see(self, take: Callable[[Seen], None], seen: Seen) -> None:
        """What only a picture is made of must not stop a message."""
        try:
            take(seen)
        except Exception:
            if not self._blind:
                logger.exception("pictures leave out what they cannot read")
            self._blind = True

    # Out

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for worker in self.workers.values():
                tasks.create_task(worker.run())
            tasks.create_task(self._tick())
            tasks.create_task(self._forget())
            tasks.create_task(self.attend())

    async def attend(self) -> None:
        """Say that somebody watches, and answer who asks, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, sink in self.sinks.items():
                if isinstance(sink, Beating) and sink.heartbeat_s > 0:
                    tasks.create_task(self._kept_up(name, partial(self._beat, name, sink)))
                if isinstance(sink, Chatting) and (listener := sink.commands(ChatDesk(self, name))) is not None:
                    tasks.create_task(self._kept_up(name, listener.run))

    async def settle(self) -> None:
        """Send all that is due at this moment, and return."""
        self._pass_time()
        now_ns = self.clock.now_ns()
        busy = [worker for name, worker in self.workers.items() if self.desk.due(name, now_ns) is not None]
        if busy:
            await asyncio.gather(*(worker.settle() for worker in busy))
        self.save()

    async def drain(self, within_s: float) -> int:
        """Go on sending for so long at most; how many threads still wait."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        running = asyncio.create_task(self.run())
        while (self.waiting or self._is_sending) and loop.time() < until_s and not running.done():
            await asyncio.wait({running}, timeout=0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        self.save()
        return self.waiting

    async def close(self) -> None:
        """Write down what is not yet, and let go of everything."""
        for worker in self.workers.values():
            await worker.end()
        self.ledger.save(last=True)
        for sink in self.sinks.values():
            await sink.close()
        self.store.close()

    @property
    def _is_sending(self) -> bool:
        return any(worker.is_sending for worker in self.workers.values())

    @property
    def waiting(self) -> int:
        """Threads of which something is not sent yet, as far as it can be sent at all."""
        return sum(self.desk.waiting(name) for name in self.sinks)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._pass_time()
            self.save()

    async def _forget(self) -> None:
        """What is older than anybody asks for; a little at a time, between other work."""
        while True:
            more = 0
            try:
                more = self.store.forget(self.clock.now_ns() - KEEP_NS)
            except StoreError as error:
                self.ledger.failed(error)
            await asyncio.sleep(TICK_S if more else FORGET_EVERY_S)

    def _pass_time(self) -> None:
        now_ns = self.clock.now_ns()
        try:
            if self.store.silences_changed():
                self.silences_changed()
        except StoreError as error:
            self.ledger.failed(error)
        for thread in self.desk.tick(now_ns):
            self.ledger.log(LogEntry.of_expired(thread, now_ns))

    def silences_changed(self) -> None:
        """Look at them anew, and wake whoever may speak again."""
        self.desk.silences = self.store.silences(self.clock.now_ns())
        for worker in self.workers.values():
            worker.woken.set()

    async def _beat(self, name: str, sink: Beating) -> None:
        pause = Pause()
        while True:
            outcome = await sink.heartbeat(self.market)
            if pause.after(outcome) and pause.failures == 1:
                logger.warning("%s does not hear that somebody watches: %s", name, pause.reason)
            await asyncio.sleep(max(sink.heartbeat_s, pause.for_s))

    async def _kept_up(self, name: str, service: Callable[[], Awaitable[None]]) -> None:
        """An error of ours beside the messages must not end them."""
        while True:
            try:
                await service()
            except Exception:
                logger.exception("%s: what runs beside its messages failed, and begins again", name)
            await asyncio.sleep(AGAIN_S)

    # For the workers

    def due(self, sink: str) -> tuple[Thread, Step] | None:
        """The next thing to send."""
        return self.desk.due(sink, self.clock.now_ns())

    def begins(self, thread: Thread, step: Step) -> None:
        """It is about to be sent: from here on it may have arrived, whatever becomes of us."""
        self._tried_before[thread.thread_id] = thread.tried
        if step.act in ("new", "end") and not thread.tried:
            thread.tried = True
            self.desk.changes.threads.add(thread.thread_id)
        self.save()

    async def prepare(self, thread: Thread, step: Step) -> Delivery:
        """What to send for it, as things stand now."""
        now_ns = self.clock.now_ns()
        alerts, route = self.desk.alerts_of(thread), self.desk.route_of(thread)
        message = tell(thread, alerts, route, now_ns=now_ns, late_ns=step.late_ns)
        # Nothing of the thread is read after the next wait: it may have gone on by then.
        delivery = _delivery(thread, step, alerts, message)
        picture = None
        wanted = step.act == "new" and self.sinks[thread.sink].traits.pictures
        if wanted and self._pictures is not None and thread.level >= rank(route.pictures_from if route else "HIGH"):
            picture = await self._pictures.draw(alerts, now_ns)
        return replace(delivery, picture=picture) if picture is not None else delivery

    def unworded(self, thread: Thread, step: Step) -> Delivery:
        """The same, where it cannot be put in words: for the log."""
        level = LEVELS[thread.level]
        return _delivery(thread, step, (), Message(level=level, peak=level, title="", what=""))

    def settled(self, sent: Sent) -> None:
        """Write down what became of it, and tell others of a sink that refuses."""
        thread, step, delivery, rings, outcome = sent
        now_ns = self.clock.now_ns()
        traits = self.sinks[thread.sink].traits
        before = self._tried_before.pop(thread.thread_id, thread.tried)
        if isinstance(outcome, RetryAt) or (isinstance(outcome, Rejected) and outcome.of == "sink"):
            thread.tried = before  # this one did not arrive; an earlier one may have
        settle(thread, step, outcome, traits, revision=delivery.revision, rings=rings, now_ns=now_ns)
        self.desk.changes.threads.add(thread.thread_id)
        self.ledger.log(LogEntry.of(delivery, thread.sink, outcome, now_ns=now_ns, late_ns=step.late_ns))
        notice = self._troubles.take(thread.sink, outcome, now_ns)
        if notice is not None:
            self.take(notice)


def _delivery(thread: Thread, step: Step, alerts: tuple[Alert, ...], message: Message) -> Delivery:
    # An edit is of the message that was sent, whatever waits beside it.
    message_id = thread.message_id(new=step.act == "new")
    return Delivery(
        delivery_id=digest(f"{message_id}|{thread.revision}|{step.act}"),
        message_id=message_id,
        thread_id=thread.thread_id,
        act=step.act,
        revision=thread.revision,
        message=message,
        alerts=alerts,
        ended=thread.ended,
        silent=step.silent,
        remote=thread.remote,
        acknowledged=thread.acknowledged,
    )
