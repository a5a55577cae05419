"""Sends what one sink has to say, one delivery at a time: paced, bounded in time, patient with a remote that is away.

Each sink has a worker of its own, so that one that hangs keeps nobody else waiting.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from typing import NamedTuple, Protocol

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.steps import NS, Step
from detector.alerts.threads import Thread
from detector.runtime.notify.clocks import Clock
from detector.runtime.notify.pace import Pace
from detector.sinks.sink import Delivery, Sink

logger = logging.getLogger(__name__)

LOOK_S = 1.0
"""Nothing that becomes due by time alone waits longer."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""After failures in a row: doubled each time, and drawn from the upper half."""
CLOSED_S = 3600.0
"""A sink that refuses us is tried again so much later: somebody may have put it right."""
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
        """The next thing to send, written down already."""

    async def prepare(self, thread: Thread, step: Step) -> Delivery:
        """What to send for it, as things stand now."""

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
        self._polite_pace = Pace(sink.traits.paces) if polite else None
        self._failures = 0
        self._pause_until_ns = 0
        self._polite_until_s = 0.0

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self.woken.clear()
            wait_ns = self._wait_ns()
            if not wait_ns and await self._send_one():
                continue
            await self._wait(min(LOOK_S, wait_ns / NS) if wait_ns else LOOK_S, wakes=not wait_ns)

    async def settle(self) -> None:
        """Send all that may be sent at this moment."""
        while not self._wait_ns() and await self._send_one():
            pass

    def _wait_ns(self) -> int:
        now_ns = self._clock.now_ns()
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
        due = self._office.due(self.name)
        if due is None:
            return False
        await self._be_polite()
        thread, step = due
        rings = thread.rings
        delivery = await self._office.prepare(thread, step)
        outcome = await self._send(delivery)
        now_ns = self._clock.now_ns()
        self._pace.sent(now_ns)
        if self._polite_pace is not None:
            self._polite_pace.sent(time.monotonic_ns())
        self._learn(outcome, now_ns)
        kind = "new" if step.act in ("new", "end") else step.act
        self.counts[kind if isinstance(outcome, Delivered) else type(outcome).__name__.lower()] += 1
        self._office.settled(Sent(thread, step, delivery, rings, outcome))
        return True

    async def _send(self, delivery: Delivery) -> Outcome:
        try:
            async with asyncio.timeout(self.sink.traits.send_s):
                return await self.sink.send(delivery)
        except TimeoutError:
            return Unknown(f"no answer within {self.sink.traits.send_s:g} s")
        except Exception:
            # Our own fault; other sinks, and the next message, must not suffer from it.
            logger.exception("the sink %s failed", self.name)
            return Rejected("an error of ours: see the log")

    def _learn(self, outcome: Outcome, now_ns: int) -> None:
        """When to try again."""
        if isinstance(outcome, Delivered) or (isinstance(outcome, Rejected) and outcome.of == "message"):
            self._failures, self.trouble = 0, ""
            return
        self.trouble = outcome.reason
        self._failures += 1
        if isinstance(outcome, Rejected):
            pause_s = CLOSED_S
        else:
            doubled_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self._failures - 1, 10))
            pause_s = doubled_s * random.uniform(0.5, 1.0)  # noqa: S311
            if isinstance(outcome, RetryAt) and outcome.after_s is not None:
                pause_s = outcome.after_s
        self._pause_until_ns = now_ns + int(pause_s * NS)
        self._polite_until_s = time.monotonic() + pause_s

    async def _be_polite(self) -> None:
        if self._polite_pace is not None:
            pace_s = self._polite_pace.wait_ns(time.monotonic_ns()) / NS
            await asyncio.sleep(max(0.0, pace_s, self._polite_until_s - time.monotonic()))
