"""Hours in seconds, over real sockets: an event loop whose clock leaps to the next timer when nothing else happens.

Client and server run in one process, so that a frame which was written is there to be read before the next look. Limits
per second, waits of five minutes and days of twenty-four hours are as long as they are, for whoever reads the clock.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import wraps
from typing import Any, ParamSpec
from unittest.mock import patch

_P = ParamSpec("_P")

START_NS = 1_790_000_000_000_000_000
"""What the wall clock says when a loop begins."""
SETTLE_ABOVE_S = 5.0
SETTLE_S = 0.0001
"""Before a leap as long as a deadline the kernel gets a moment: none must pass while its answer is under way."""


class LeapingSelector(selectors.DefaultSelector):
    """Waits for no timer: it adds what it would have waited to `ahead_s`."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_s = 0.0

    def select(self, timeout: float | None = None) -> Sequence[tuple[selectors.SelectorKey, int]]:  # type: ignore[override]
        """What is ready now; otherwise nothing, and it is later."""
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None:
            return super().select(None)
        if timeout > SETTLE_ABOVE_S:
            time.sleep(SETTLE_S)  # `select` waits for whole milliseconds
            found = super().select(0)
            if found:
                return found
        self.ahead_s += timeout
        return []


class HurriedLoop(asyncio.SelectorEventLoop):
    """Its time is that of its timers alone: what the machine takes in between does not count."""

    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._leaping.ahead_s

    def run_in_executor(  # type: ignore[override]
        self, _executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """At once: the clock would leap while a thread works."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # as a thread would hand it over
            done.set_exception(error)
        return done


def hurried(test: Callable[_P, Coroutine[Any, Any, None]]) -> Callable[_P, None]:
    """Run an asynchronous test on a `HurriedLoop`, whose time everybody is told."""

    @wraps(test)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        loop = HurriedLoop()
        with (
            patch.object(time, "monotonic", loop.time),
            patch.object(time, "monotonic_ns", lambda: int(loop.time() * 1e9)),
            patch.object(time, "time_ns", lambda: START_NS + int(loop.time() * 1e9)),
            asyncio.Runner(loop_factory=lambda: loop) as runner,
        ):
            runner.run(test(*args, **kwargs))

    return run
