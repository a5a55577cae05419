"""Which time it is for messages: the machine's, or that of a recording."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Nanoseconds."""

    def now_ns(self) -> int:
        """The present, since 1970: for what people read, and for how old news is. Somebody may set it."""

    def steady_ns(self) -> int:
        """For waits; never goes back."""


class WallClock:
    """The machine's."""

    def now_ns(self) -> int:
        """The present, as it is set and after a sleep of the machine."""
        return time.time_ns()

    def steady_ns(self) -> int:
        """Since some moment."""
        return time.monotonic_ns()


class EventClock:
    """The newest event time that was heard of; it stands still in between, so that a replay decides the same whatever
    its speed.
    """

    def __init__(self) -> None:
        self._now_ns = 0
        self._runs_since_ns: int | None = None

    def now_ns(self) -> int:
        """The present of the recording."""
        return self._now_ns if self._runs_since_ns is None else self._now_ns + time.monotonic_ns() - self._runs_since_ns

    def steady_ns(self) -> int:
        """The same."""
        return self.now_ns()

    def reach(self, now_ns: int) -> None:
        """It is at least so late."""
        if now_ns > self.now_ns():
            self._now_ns = now_ns
            if self._runs_since_ns is not None:
                self._runs_since_ns = time.monotonic_ns()

    def run_on(self) -> None:
        """From here on it goes as fast as the machine's: the recording has ended, or is played as it was."""
        self._runs_since_ns = time.monotonic_ns()
