"""Two producers of one venue write the same facts side by side: each is taken once, from whoever brings it first.

What the venue numbers is told apart by its numbers; what it does not number is counted, because two equal prints are
two; what is a state is taken when it is newer. Copies may be ten seconds apart. While one producer alone speaks of a
venue all it says is taken, and what another could repeat is remembered.
"""

from __future__ import annotations

import msgspec

from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick
from schemas.health import Gap, SelfCheck, VenueStatus
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    Trade,
)

NS = 1_000_000_000
SKEW_NS = 10 * NS
"""Copies of one fact are less than this apart."""
KEEP_NS = 12 * NS
"""Counted facts are kept for at least so long after their receipt, and for twice as long at most."""
MOST_FACTS = 100_000
"""Bound of memory for one venue in a flood; in twelve seconds no venue has printed so many on one asset."""
MOST_HOLES = 64
"""Runs of trade ids that one producer left out and another may still bring."""
MOST_PRODUCERS = 8
"""Of whose gaps is known; a restarted producer is another, and the old one's gaps matter no more."""
AHEAD_NS = 2 * NS
"""A stamp further ahead of its receipt counts as its receipt, or it would make all that follows old."""
LIVE_NS = 2 * NS
"""A producer that was heard of a venue so recently is alive there."""

ALWAYS = frozenset({Instrument, VenueStatus, SelfCheck, Tick})
BOOK_WITHOUT_IDS = 0
STATES: dict[type[Event], int] = {BookTop: 1, DerivativeState: 2, OpenInterest: 3}
"""Kinds that say what is, and their places in the lists of `Taken`."""

BOOK, TRADE, LIQUIDATION, DERIVATIVE = 1, 2, 4, 8
CHANNELS = {"book": BOOK, "trade": TRADE, "liquidation": LIQUIDATION, "derivative": DERIVATIVE, "all": 15}
ENDS: dict[type[Event], int] = {
    BookSnapshot: BOOK,
    Trade: TRADE,
    Liquidation: LIQUIDATION,
    Adl: LIQUIDATION,
    # Liquidations are rare and come beside the marks: with these they are back.
    DerivativeState: DERIVATIVE | LIQUIDATION,
    OpenInterest: DERIVATIVE | LIQUIDATION,
}
"""Which gaps of its market an event ends."""


class Taken(msgspec.Struct):
    """What was taken of one market."""

    trade_id: int = -1
    """The newest of the ids that are integers."""
    trade_ns: int = 0
    holes: list[tuple[int, int]] = []
    """Ids below it that nobody has brought: from, to (exclusive)."""
    book_id: int = -1
    """Of the book's last update; -1 where its next snapshot decides."""
    book_ns: int = 0
    state_ns: list[int] = msgspec.field(default_factory=lambda: [0] * 4)
    state_by: list[str] = msgspec.field(default_factory=lambda: [""] * 4)
    """Who brought it: one producer may say several things of one moment."""

    def on_trade_id(self, number: int, at_ns: int) -> bool:
        """Whether nobody has brought this print."""
        if number > self.trade_id:
            if number > self.trade_id + 1 and self.trade_id >= 0:
                self.holes.append((self.trade_id + 1, number))
                del self.holes[:-MOST_HOLES]
        elif at_ns > self.trade_ns + SKEW_NS:
            self.holes.clear()  # the venue counts from the beginning again: no copy of an older print is so much newer
        else:
            return bool(self.holes) and self._fills_a_hole(number)
        self.trade_id = number
        self.trade_ns = at_ns
        return True

    def _fills_a_hole(self, number: int) -> bool:
        for at, (first, end) in enumerate(self.holes):
            if first <= number < end:
                self.holes[at : at + 1] = [run for run in ((first, number), (number + 1, end)) if run[0] < run[1]]
                del self.holes[:-MOST_HOLES]
                return True
        return False

    def on_delta(self, last_id: int, at_ns: int, alone: bool) -> bool:
        """Whether the book lacks this change."""
        if self.book_id < 0 and not alone:
            return True  # no two chains can be joined before a snapshot says where the book is
        if last_id <= self.book_id and not alone:
            return False
        self.book_id = last_id
        self.book_ns = at_ns
        return True

    def on_snapshot(self, last_id: int, at_ns: int, alone: bool) -> bool:
        """Whether this book is newer, or of a venue that counts from the beginning again."""
        again = last_id < self.book_id and at_ns > self.book_ns + SKEW_NS
        if last_id <= self.book_id and not again and not alone:
            return False
        self.book_id = last_id
        self.book_ns = at_ns
        return True

    def on_keyframe(self, last_id: int | None, at_ns: int) -> bool:
        """Whether this copy of the book is not behind what was taken: a reader may begin with it."""
        if last_id is None:
            return at_ns >= self.state_ns[BOOK_WITHOUT_IDS]
        if last_id < self.book_id:
            return False
        self.book_id = last_id
        return True

    def on_state(self, place: int, at_ns: int, producer: str) -> bool:
        """Whether it is newer than what was taken."""
        newest_ns = self.state_ns[place]
        if at_ns < newest_ns or (at_ns == newest_ns and self.state_by[place] != producer):
            return False
        self.state_ns[place] = at_ns
        self.state_by[place] = producer
        return True

    def on_gap(self) -> None:
        """The book is unknown: the next snapshot begins anew."""
        self.book_id = -1
        self.state_ns[BOOK_WITHOUT_IDS] = 0


Counts = dict[str, dict[str, int]]
"""How often each producer has brought each fact."""


class VenueCopies(msgspec.Struct):
    """What was taken of one venue, and from whom."""

    alone: str
    """The only producer; empty while there are several."""
    heard_ns: int = 0
    """Its last receipt."""
    heard: dict[str, int] = {}
    """Last receipt of each of several."""
    silent: dict[str, int] = {}
    """`heard` as it was when counting began anew: who has not moved since is gone."""
    markets: dict[str, Taken] = {}
    gaps: dict[str, dict[str, int]] = {}
    """Channels that a producer misses, by producer and market."""
    recent: Counts = {}
    earlier: Counts = {}
    facts: int = 0
    turn_ns: int = 0
    """When `recent` becomes `earlier`."""

    def hear(self, producer: str, recv_ns: int) -> None:
        """Note who speaks where there is more than one."""
        if self.alone:
            self.heard[self.alone] = self.heard_ns
            self.alone = ""
            self.turn_ns = recv_ns + KEEP_NS
        self.heard[producer] = recv_ns
        if recv_ns >= self.turn_ns:
            self._turn(recv_ns)

    def on_fact(self, fact: str, producer: str, recv_ns: int) -> bool:
        """Whether this producer has now brought the fact more often than any other."""
        if recv_ns >= self.turn_ns or self.facts >= MOST_FACTS:
            self._turn(recv_ns)
        self.facts += 1
        mine = self.recent.setdefault(producer, {})
        mine[fact] = mine.get(fact, 0) + 1
        said = self._said(producer, fact)
        others = (self.recent.keys() | self.earlier.keys()) - {producer}
        return all(said > self._said(other, fact) for other in others)

    def _said(self, producer: str, fact: str) -> int:
        return sum(counts[producer].get(fact, 0) for counts in (self.recent, self.earlier) if producer in counts)

    def _turn(self, recv_ns: int) -> None:
        self.turn_ns = recv_ns + KEEP_NS
        self.earlier, self.recent, self.facts = self.recent, {}, 0
        for producer, heard_ns in self.silent.items():
            if self.heard.get(producer) == heard_ns:
                del self.heard[producer]
        if len(self.heard) == 1:
            ((self.alone, self.heard_ns),) = self.heard.items()
            self.heard = {}
        self.silent = dict(self.heard)

    def on_gap(self, gap: Gap, producer: str) -> bool:
        """Whether nobody fills the gap: another who lives and misses nothing of it brings the data."""
        channels = CHANNELS[gap.channel]
        everywhere = gap.instrument == EVERY_INSTRUMENT
        instruments = list(self.markets) if everywhere else [gap.instrument]
        missing = self.gaps.pop(producer, {})
        self.gaps[producer] = missing
        if len(self.gaps) > MOST_PRODUCERS:
            del self.gaps[next(iter(self.gaps))]
        for instrument in instruments:
            missing[instrument] = missing.get(instrument, 0) | channels
        # Received after the hole began, or it may be the producer whose end is the hole.
        alive_ns = max(gap.since_ns + 1, gap.ts_recv_ns - LIVE_NS)
        others = self.heard if not self.alone else {self.alone: self.heard_ns}
        for other, heard_ns in others.items():
            misses = self.gaps.get(other, {})
            if other != producer and heard_ns >= alive_ns and not any(misses.get(i, 0) & channels for i in instruments):
                return False
        if channels & BOOK:
            for instrument in instruments:
                if instrument in self.markets:
                    self.markets[instrument].on_gap()
        return True

    def end_gaps(self, event: Event, producer: str) -> None:
        """The producer has the data of a market again."""
        missing = self.gaps.get(producer)
        if missing is None or event.instrument not in missing:
            return
        missing[event.instrument] &= ~ENDS.get(type(event), 0)
        if not missing[event.instrument]:
            del missing[event.instrument]
            if not missing:
                del self.gaps[producer]


class Duplicates(msgspec.Struct):
    """All venues. Memory is bounded by the markets, and by what a venue prints in some seconds."""

    venues: dict[str, VenueCopies] = {}

    def fresh(self, event: Event, producer: str) -> bool:
        """Whether the event is to be used: no producer has brought it, or a newer one of its kind, before."""
        kind = type(event)
        if kind in ALWAYS:
            return True
        venue = self.venues.get(event.venue)
        if venue is None:
            venue = self.venues[event.venue] = VenueCopies(producer)
        if isinstance(event, Gap):
            return venue.on_gap(event, producer)
        recv_ns = event.ts_recv_ns
        alone = producer == venue.alone
        if alone:
            venue.heard_ns = recv_ns
        else:
            venue.hear(producer, recv_ns)
        if venue.gaps:
            venue.end_gaps(event, producer)
        taken = venue.markets.get(event.instrument)
        if taken is None:
            taken = venue.markets[event.instrument] = Taken()
        at_ns = event.ts_event_ns
        if at_ns > recv_ns + AHEAD_NS:
            at_ns = recv_ns
        place = STATES.get(kind)
        if place is not None:
            return taken.on_state(place, at_ns, producer) or alone
        if isinstance(event, (BookDelta, BookSnapshot)):
            last_id = event.last_id
            if kind is BookSnapshot and event.keyframe:  # type: ignore[union-attr]
                return taken.on_keyframe(last_id, at_ns)
            if last_id is None:
                return taken.on_state(BOOK_WITHOUT_IDS, at_ns, producer) or alone
            take = taken.on_delta if kind is BookDelta else taken.on_snapshot
            return take(last_id, at_ns, alone)
        if isinstance(event, Trade) and type(event.trade_id) is int:
            return taken.on_trade_id(event.trade_id, at_ns) or alone
        return venue.on_fact(_fact(event), producer, recv_ns) or alone


def _fact(event: Event) -> str:
    """What makes an occurrence itself, beside its producer: the venue's id, else all that the venue says of it."""
    number: int | str | None = None
    said: tuple[object, ...] = ()
    if isinstance(event, Trade):
        number, said = event.trade_id, (event.taker, event.price, event.qty)
    elif isinstance(event, Liquidation):
        number, said = event.liquidation_id, (event.liquidated, event.price, event.qty_base)
    elif isinstance(event, Adl):
        number, said = event.adl_id, (event.deleveraged, event.price, event.qty_base)
    elif isinstance(event, Insurance):
        said = (event.balance_usd, event.taken_over_usd)
    # One fill may close two accounts: its side is part of its identity.
    what = (event.ts_event_ns, *said) if number is None else (number, *said[:1])
    return f"{type(event).__name__}|{event.instrument}|{what!r}"
