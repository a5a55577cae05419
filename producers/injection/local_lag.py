"""Our own machine is late: it reads every venue's messages later and later, then catches up.

The order stays. The lag grows for a third of the time, stays for a third and goes back for a third; a queue that cannot
be read faster than it came lasts a little longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

import msgspec

from producers.injection.fault import Fault, Layer, Options, Plan, nanoseconds
from producers.injection.stamps import received_at
from schemas.base import Event
from schemas.instrument import Instrument


class LocalLagOptions(Options, frozen=True, kw_only=True):
    """How late at the worst."""

    peak_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)] = 3.0


class LocalLag(Fault[LocalLagOptions]):
    """Moves receive times."""

    kind = "local-lag"
    about = "our own machine reads all venues late, peak_s= seconds at the worst"
    layer = Layer.MACHINE
    lasts_s = 60.0
    at_a_moment = True
    everywhere = True
    options_type: ClassVar[type[Options]] = LocalLagOptions

    def __init__(self, plan: Plan, options: LocalLagOptions) -> None:
        super().__init__(plan, options)
        self._peak_ns = nanoseconds(options.peak_s)
        self._read_ns = 0
        """When the message before was read."""

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """The event as it is read."""
        if isinstance(event, Instrument):
            return (event,)
        recv_ns = event.ts_recv_ns + self._lag_ns(at_ns)
        if recv_ns > event.ts_recv_ns or self._read_ns > recv_ns:
            recv_ns = max(recv_ns, self._read_ns)
            self._read_ns = recv_ns
            self.touched["delayed"] += 1
        return (received_at(event, recv_ns),)

    def _lag_ns(self, at_ns: int) -> int:
        if not self.holds(at_ns) or self.end_ns is None:
            return 0
        third_ns = max(1, (self.end_ns - self.start_ns) // 3)
        ramp = min(at_ns - self.start_ns, self.end_ns - at_ns, third_ns)
        return self._peak_ns * ramp // third_ns
