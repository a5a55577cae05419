"""A notifier that follows an engine in the same process: by the machine's clock, or second by second of a recording."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager

from detector.engine import Engine
from detector.runtime.notify.clocks import EventClock, WallClock
from detector.runtime.notify.notifier import Notifier
from detector.runtime.notify.opened import open_notifier, wants_pictures
from detector.runtime.notify.pictures import Pictures
from detector.shard import Output
from detector.sinks.config import NotifyConfig, kafka_of
from detector.sinks.secrets import redact_logs
from schemas.alert import Alert
from schemas.reading import Reading

DRAIN_S = 5.0
"""How long it goes on sending once the input has ended."""
PAUSE_S = 0.05


class Live:
    """By the machine's clock. To be given all outputs of the engine."""

    def __init__(self, engine: Engine, notifier: Notifier) -> None:
        self.notifier = notifier
        self._engine = engine
        engine.seen = self._see
        # An engine in this process begins without a memory.
        notifier.begin_anew()

    def __call__(self, output: Output) -> None:
        """Take one output."""
        _hand_over(output, self.notifier)

    def _see(self, reading: Reading) -> None:
        self.notifier.take_reading(reading)
        _tell_state(self._engine, self.notifier)

    async def serve(self) -> None:
        """Send until cancelled."""
        await self.notifier.run()

    async def catch_up(self) -> None:
        """Nothing is left behind: what is due is sent by `serve`."""

    async def finish(self) -> None:
        """Send what waits, for a few seconds at most."""
        await self.notifier.drain(DRAIN_S)


class Replayed:
    """By event time: everything that is due in a second is sent before the next one, so that the same recording gives
    the same messages at any speed and in chunks of any size.
    """

    def __init__(self, engine: Engine, notifier: Notifier, clock: EventClock) -> None:
        self.notifier = notifier
        self._clock = clock
        self._engine = engine
        self._readings: deque[Reading] = deque()
        self._outputs: deque[Output] = deque()
        engine.seen = self._readings.append

    def __call__(self, output: Output) -> None:
        """Take one output; it is told by `catch_up`."""
        self._outputs.append(output)

    async def serve(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self.notifier.attend())

    async def _follow(self) -> None:
        while True:
            await self.catch_up()
            await asyncio.sleep(PAUSE_S)

    async def catch_up(self) -> None:
        """Tell what was due up to the last second that the engine has closed."""
        # An engine gives the seconds of a batch first, and then what follows from them.
        while self._outputs:
            await self._pass_to(self._outputs[0].ts_ns)
            _hand_over(self._outputs.popleft(), self.notifier)
        await self._pass_to(self._engine.now_ns)

    async def finish(self) -> None:
        """Tell the rest, and what waits for a time to come, for a few seconds at most."""
        await self.catch_up()
        await self.notifier.settle()
        _tell_state(self._engine, self.notifier)
        self._clock.run_on()
        await self.notifier.drain(DRAIN_S)

    async def _pass_to(self, until_ns: int) -> None:
        while self._readings and self._readings[0].ts_ns <= until_ns:
            if self._has_something_to_tell():
                await self.notifier.settle()
            reading = self._readings.popleft()
            self._clock.reach(reading.ts_ns)
            self.notifier.take_reading(reading)
        self._clock.reach(until_ns)

    def _has_something_to_tell(self) -> bool:
        stories = self.notifier.desk.kept.stories.values()
        return self.notifier.waiting > 0 or any(story.alert.status != "resolved" for story in stories)


Following = Live | Replayed


@asynccontextmanager
async def following(
    engine: Engine, config: NotifyConfig, *, environ: Mapping[str, str], recorded: bool, polite: bool = True
) -> AsyncIterator[Following]:
    """A notifier for this engine, which is to be given its outputs; `serve` it, and `finish` it in the end. Raises
    `ProducerError` where a sink cannot be opened.

    Parameters
    ----------
    recorded
        By the recording's clock, whatever its speed.
    polite
        Where it runs ahead of the machine's, wait as long as the channels want by that one, too.
    """
    redact_logs()
    clock = EventClock() if recorded else WallClock()
    pictures = Pictures()
    async with open_notifier(
        config,
        clock,
        remembers=not recorded,
        kafka=kafka_of(config, environ),
        pictures=pictures,
        polite=recorded and polite,
    ) as notifier:
        if wants_pictures(notifier):
            await pictures.warm()
        yield Replayed(engine, notifier, clock) if isinstance(clock, EventClock) else Live(engine, notifier)


async def must_open(config: NotifyConfig, *, environ: Mapping[str, str]) -> None:
    """Open all sinks and close them again: what is missing is to be said before anything begins. Raises
    `ProducerError`.
    """
    async with open_notifier(config, WallClock(), remembers=False, kafka=kafka_of(config, environ)):
        pass


async def beside(work: Coroutine[object, object, None], service: Coroutine[object, object, None]) -> None:
    """Run both to the end of `work`; a service that fails ends it, too."""
    tasks = [asyncio.create_task(work), asyncio.create_task(service)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def sent_lines(notifier: Notifier) -> Iterator[str]:
    """What each sink was told, and what it was not."""
    for name, worker in notifier.workers.items():
        counts = worker.counts
        said = [f"{counts['new']:,} new messages", f"{counts['edit']:,} edits"]
        if waiting := notifier.desk.waiting(name):
            said.append(f"{waiting:,} waiting")
        if refused := counts["rejected"]:
            said.append(f"{refused:,} refused")
        trouble = f" ({worker.trouble})" if worker.trouble else ""
        yield f"{name}: {', '.join(said)}{trouble}"


def _hand_over(output: Output, notifier: Notifier) -> None:
    if isinstance(output, Alert):
        notifier.take(output)
    else:
        notifier.take_transition(output)


def _tell_state(engine: Engine, notifier: Notifier) -> None:
    if (state := engine.market.memory.state) is not None:
        notifier.take_state(state)
