"""Events in, outputs to every listener: the one place that calls `feed` and `tick`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from detector.engine import Engine
from detector.shard import Output
from schemas.base import Event

Listener = Callable[[Output], None]


class Pipeline:
    """An engine between a producer and its listeners, in one process."""

    def __init__(self, engine: Engine, listeners: Sequence[Listener]) -> None:
        self.engine = engine
        self.listeners = listeners
        self.events = 0
        self.last_publish_s = time.monotonic()

    def publish(self, events: Sequence[Event]) -> None:
        """Take a batch of events from a producer."""
        self.events += len(events)
        before_ns = self.engine.newest_ns
        self._emit(self.engine.feed(events))
        if self.engine.newest_ns > before_ns:
            self.last_publish_s = time.monotonic()  # late events and statuses say nothing about time

    def tick(self) -> None:
        """Let the engine see that time passes: event time goes on from the newest event by the time since it came."""
        newest_ns = self.engine.newest_ns
        if newest_ns:
            self._emit(self.engine.tick(newest_ns + int((time.monotonic() - self.last_publish_s) * 1e9)))
            self.last_publish_s = time.monotonic()

    def finish(self) -> None:
        """The input has ended: release what still waits."""
        self._emit(self.engine.finish())

    def _emit(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            for listener in self.listeners:
                listener(output)
