"""Sends what one sink has to say, one delivery at a time: paced, bounded in time, patient with a remote that is away.

Each sink has a worker of its own, so that one that hangs keeps nobody else waiting.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import NamedTuple, Protocol

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.steps import NS, Step
from detector.alerts.threads import Thread
from detector.runtime.notify.clocks import Clock
from detector.runtime.notify.pace import Pace
from detector.runtime.notify.pause import LONGEST_S, Pause
from detector.sinks.sink import Delivery, Sink

logger = logging.getLogger(__name__)

LOOK_S = 1.0
"""Nothing that becomes due by time alone waits longer."""
MOST_FAULTS = 3
"""One message that we cannot send must not stand before all others for ever."""
MOST_POLITE_S = 30.0
"""A replay waits so long for a channel; for one that wants more it does not wait at all."""


class Sent(NamedTuple):
    """One attempt."""

    thread: Thread
    step: Step
    delivery: Delivery
    rings: int
    outcome: Outcome


class Office(Protocol):
    """What a worker asks of the notifier."""

    def due(self, sink: str) -> tuple[Thread, Step] | None:
        """The next thing to send."""

    def begins(self, thread: Thread, step: Step) -> None:
        """It is about to be sent: write that down."""

    async def prepare(self, thread: Thread, step: Step) -> Delivery:
        """What to send for it, as things stand now."""

    def unworded(self, thread: Thread, step: Step) -> Delivery:
        """The same, where it cannot be put in words: for the log."""

    def settled(self, sent: Sent) -> None:
        """Write down what became of it."""


class Worker:
    """One sink's.

    Parameters
    ----------
    polite
        Keep the pace by the machine's clock as well, where `clock` is a recording's and runs ahead of it.
    """

    def __init__(self, name: str, sink: Sink, office: Office, clock: Clock, *, polite: bool) -> None:
        self.name = name
        self.sink = sink
        self.counts: Counter[str] = Counter()
        """Deliveries by what became of them, new messages and edits apart."""
        self.trouble = ""
        """Why the last send failed; empty while it works."""
        self.woken = asyncio.Event()
        self._office = office
        self._clock = clock
        self._pace = Pace(sink.traits.paces)
        self._edit_pace = Pace([_half(count, span_s) for count, span_s in sink.traits.paces])
        self._polite_pace = Pace(sink.traits.paces) if polite else None
        self._pause = Pause()
        self._pause_until_ns = 0
        self._edits_until_ns = 0
        self._sending: asyncio.Task[None] | None = None
        self._faults = ("", 0)
        """Which delivery an error of ours held up, and how often in a row."""
        self._polite_until_s = 0.0

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self.woken.clear()
            wait_ns = self._wait_ns()
            if not wait_ns and await self._send_one():
                continue
            await self._wait(min(LOOK_S, wait_ns / NS) if wait_ns else LOOK_S, wakes=not wait_ns)

    @property
    def is_sending(self) -> bool:
        """Whether a send is under way."""
        return self._sending is not None and not self._sending.done()

    async def end(self) -> None:
        """Give up what is under way: it may have arrived."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def settle(self) -> None:
        """Send all that may be sent at this moment."""
        while not self._wait_ns() and await self._send_one():
            pass

    def _wait_ns(self) -> int:
        now_ns = self._clock.steady_ns()
        closed_s = self._polite_until_s - time.monotonic()
        if self._polite_pace is not None and closed_s > MOST_POLITE_S:
            return int(closed_s * NS)
        return max(0, self._pause_until_ns - now_ns, self._pace.wait_ns(now_ns))

    async def _wait(self, for_s: float, *, wakes: bool) -> None:
        if not wakes:
            await asyncio.sleep(for_s)
            return
        try:
            async with asyncio.timeout(for_s):
                await self.woken.wait()
        except TimeoutError:
            pass

    async def _send_one(self) -> bool:
        """Send what is due; False where nothing may be. What is under way is finished though this is cancelled."""
        if self._sending is not None and not self._sending.done():
            await asyncio.shield(self._sending)
        due = self._office.due(self.name)
        if due is None or (due[1].act != "new" and self._edit_wait_ns() > 0):
            return False
        await self._be_polite()
        self._sending = asyncio.create_task(self._carry_out(*due))
        await asyncio.shield(self._sending)
        return True

    def _edit_wait_ns(self) -> int:
        """Edits leave room for what is new: half of what the channel allows."""
        now_ns = self._clock.steady_ns()
        return max(self._edits_until_ns - now_ns, self._edit_pace.wait_ns(now_ns))

    async def _carry_out(self, thread: Thread, step: Step) -> None:
        self._office.begins(thread, step)
        rings = thread.rings
        try:
            delivery = await self._office.prepare(thread, step)
        except Exception:
            logger.exception("a message to %s cannot be put in words", self.name)
            delivery = self._office.unworded(thread, step)
            outcome: Outcome = Rejected("an error of ours: see the log")
        else:
            outcome = await self._send(delivery)
        steady_ns = self._clock.steady_ns()
        self._pace.sent(steady_ns)
        if step.act != "new":
            self._edit_pace.sent(steady_ns)
        if self._polite_pace is not None:
            self._polite_pace.sent(time.monotonic_ns())
        self._learn(step, outcome, steady_ns)
        kind = "new" if step.act in ("new", "end") else step.act
        self.counts[kind if isinstance(outcome, Delivered) else type(outcome).__name__.lower()] += 1
        self._office.settled(Sent(thread, step, delivery, rings, outcome))

    async def _send(self, delivery: Delivery) -> Outcome:
        try:
            async with asyncio.timeout(self.sink.traits.send_s):
                return await self.sink.send(delivery)
        except TimeoutError:
            return Unknown(f"no answer within {self.sink.traits.send_s:g} s")
        except Exception:
            # Our own fault; other sinks, and the next message, must not suffer from it.
            logger.exception("the sink %s failed", self.name)
            self._faults = (delivery.delivery_id, self._faults[1] + 1 if self._faults[0] == delivery.delivery_id else 1)
            reason = "an error of ours: see the log"
            return RetryAt(None, reason) if self._faults[1] < MOST_FAULTS else Rejected(reason)

    def _learn(self, step: Step, outcome: Outcome, now_ns: int) -> None:
        """When to try again. An edit that has to wait for long holds back no new message for more than a minute."""
        waits, before = self._pause.after(outcome), self.trouble
        if waits and self._pause.reason != before:
            logger.warning("%s: %s", self.name, self._pause.reason)
        if not waits:
            self.trouble = outcome.reason if isinstance(outcome, Rejected) else ""
            return
        self.trouble = self._pause.reason
        for_s = self._pause.for_s
        if step.act == "edit" and isinstance(outcome, RetryAt):
            self._edits_until_ns = now_ns + int(for_s * NS)
            for_s = min(for_s, LONGEST_S)
        self._pause_until_ns = now_ns + int(for_s * NS)
        self._polite_until_s = time.monotonic() + for_s

    async def _be_polite(self) -> None:
        if self._polite_pace is not None:
            pace_s = self._polite_pace.wait_ns(time.monotonic_ns()) / NS
            await asyncio.sleep(max(0.0, pace_s, self._polite_until_s - time.monotonic()))


def _half(count: int, span_s: float) -> tuple[int, float]:
    return (count // 2, span_s) if count > 1 else (1, 2 * span_s)
