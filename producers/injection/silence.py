"""Nothing comes from a venue for a while and nothing says so: the socket is half open.

Then the feed goes on. What was missed is lost, as the ids of the books show with their next change; or, with `burst`,
it comes at once, late, as from a proxy that had kept it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from producers.injection.chains import Chains, LossOptions
from producers.injection.fault import Fault, Layer, Options, Plan
from producers.injection.stamps import OURS, received_at
from schemas.base import Event


class SilenceOptions(LossOptions, frozen=True, kw_only=True):
    """Whether what was missed comes after all."""

    burst: bool = False


class Silence(Fault[SilenceOptions]):
    """Swallows, or keeps, everything that a venue sends."""

    kind = "silence"
    about = "nothing comes and no gap is told; what was missed is lost or, with burst=1, comes at once at the end"
    layer = Layer.WAY
    lasts_s = 30.0
    at_a_moment = True
    options_type: ClassVar[type[Options]] = SilenceOptions

    def __init__(self, plan: Plan, options: SilenceOptions) -> None:
        super().__init__(plan, options)
        self._chains = Chains(options, self.touched)
        self._kept: list[Event] = []

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """Nothing while it lasts; then what was kept, at the receipt of whatever shows that it is over."""
        if self._kept and self.over(at_ns):
            return self._released(event, at_ns)
        return self._passed(event, at_ns)

    def _passed(self, event: Event, at_ns: int) -> Iterable[Event]:
        if not self.concerns(event):
            return (event,)
        if not self.holds(at_ns) or type(event) in OURS:
            return self._chains.hear(event, at_ns)
        if not self.options.burst:
            return self._chains.lose(event, at_ns)
        self.touched["delayed"] += 1
        self._kept.append(event)
        return ()

    def _released(self, event: Event, at_ns: int) -> Iterator[Event]:
        kept, self._kept = self._kept, []
        for late in kept:
            yield from self._chains.hear(received_at(late, event.ts_recv_ns), at_ns)
        yield from self._passed(event, at_ns)
