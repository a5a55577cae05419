"""The books of all markets that a loss concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from producers.injection.chain import Chain
from producers.injection.fault import Market, Options, Seconds, Share, market_of
from producers.injection.stamps import OURS
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot


class LossOptions(Options, frozen=True, kw_only=True):
    """How soon a whole book answers once it is known to be lost, and how far from mid it reaches."""

    answer_s: Seconds = 1.0
    reach: Share = 0.0025
    """A thousand levels of the busiest markets reach about so far."""


class Chains:
    """Sends the events of markets on, or loses them, with their books as sessions would hand them on."""

    def __init__(self, options: LossOptions, touched: Counter[str]) -> None:
        self._options = options
        self._touched = touched
        self._chains: dict[Market, Chain] = {}

    def hear(self, event: Event, at_ns: int) -> Iterable[Event]:
        """What goes on of an event that was received."""
        if isinstance(event, BookDelta | BookSnapshot):
            return self._of(event).hear(event, at_ns)
        if isinstance(event, Gap) and event.channel in ("book", "all"):
            for (venue, instrument), chain in self._chains.items():
                if venue == event.venue and event.instrument in (instrument, EVERY_INSTRUMENT):
                    chain.hear_gap()
        return (event,)

    def lose(self, event: Event, at_ns: int) -> Iterable[Event]:
        """As `hear` for what we say ourselves, which is not lost; nothing for all else."""
        if type(event) in OURS:
            return self.hear(event, at_ns)
        if isinstance(event, BookDelta | BookSnapshot):
            self._of(event).lose(event)
        else:
            self._touched["lost"] += 1
        return ()

    def cut(self, recv_ns: int, due_ns: int, reason: str) -> Iterator[Gap]:
        """Every book is unknown from here on."""
        for _, chain in sorted(self._chains.items()):
            yield chain.cut(recv_ns, recv_ns, due_ns, reason)

    def _of(self, event: Event) -> Chain:
        market = market_of(event)
        chain = self._chains.get(market)
        if chain is None:
            options = self._options
            chain = Chain(market, reach=options.reach, answer_s=options.answer_s, touched=self._touched)
            self._chains[market] = chain
        return chain
